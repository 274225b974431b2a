"""What `offhours --help` says; the first line of each is its line in the list of commands."""

PROGRAM = """Offhours keeps communication inside the hours people chose.

\b
The first time:
  offhours manifest --yaml > app.yaml   make the Slack app from it, and install it
  export SLACK_BOT_TOKEN=xoxb-… SLACK_SIGNING_SECRET=…
  offhours check                        what is still missing, in plain words
  offhours serve

Settings are read from a YAML file and from the environment, secrets from the environment
only; config.example.yaml shows every one.
"""

SERVE = """Run the bot until it is told to stop.

SIGTERM and SIGINT end it: it stops listening, answers what has arrived, finishes the work
under way and exits with 0.

\b
Examples:
  offhours serve
  offhours --config /etc/offhours.yaml serve
  OFFHOURS_SERVER__PORT=8080 offhours serve
  OFFHOURS_SLACK__TRANSPORT=socket SLACK_APP_TOKEN=xapp-… offhours serve
"""

CHECK = """Say in plain words what is missing, without starting anything.

Asks Slack who the bot is and which scopes it has, looks at the database, its schema and the
key, and changes nothing. Exits with 1 when something is in the way.

\b
Examples:
  offhours check
  offhours check --json
"""

MIGRATE = """Bring the database to the schema of this release.

SQLite is migrated at every start; PostgreSQL only by this command, before the new release
starts. The previous release keeps working on the new schema.

\b
Examples:
  offhours migrate
  OFFHOURS_DATABASE__URL=postgresql://offhours:…@db/offhours offhours migrate
"""

MANIFEST = """Print the manifest of the Slack app that fits the settings.

Paste it under “Create New App › From a manifest” at https://api.slack.com/apps. After a new
release, or when a command got another name, paste it under “App Manifest” and install again.

\b
Examples:
  offhours manifest --yaml
  OFFHOURS_SLACK__PUBLIC_URL=https://offhours.example.com offhours manifest > app.json
"""

KEY = """Print a fresh key for what is kept encrypted: held messages and people's tokens.

Put it into the environment as OFFHOURS_KEY, or into the file that `key_file` names (mode
0600). Without either, a file with a fresh key is made at the first start. Several processes
need the same key. To change it, set OFFHOURS_KEY to `NEW,OLD`: the first one encrypts, each
decrypts. Without its key nothing that is held can be delivered: back it up.

\b
Examples:
  export OFFHOURS_KEY=$(offhours key)
  (umask 077; offhours key > offhours.key)
"""

DIGEST = """Print a team's weekly summary, or post the one that is due.

With --dry-run it prints what would be posted and changes nothing; Slack is asked only for the
figure about channels, and only where SLACK_BOT_TOKEN is set. Without it the summary is posted
now, once: one the bot has posted already is not posted again. A week that is not over is not
told. Exits with 1 when the summary could not be posted.

\b
Examples:
  offhours digest --team Design --dry-run
  offhours digest --team @design --week 2026-W47 --dry-run --json
  offhours digest --team S0123ABCD --week 2026-W46
"""

AUDIT = """Count messages outside hours in a Slack export. Needs no Slack and no database.

EXPORT is the zip that Slack makes under “Import/Export Data”, or the folder it unpacks to. Every
message is judged by its author's hours and every mention by those of the person it reaches, each
in their own time zone. The terminal and the page show what may be shown about groups of people;
the JSON is exact, for the admin who holds the export, and has no figures about one person.

\b
hours.yaml, by id, mail address or name:
  ana@example.org: mon-thu 8-16
  bo: {hours: "tue-sat 12-20", tz: Asia/Tokyo, holidays: JP, off: ["2026-08-03 - 2026-08-14"]}
teams.yaml:
  Design: [ana@example.org, bo]

\b
Exit status: 0 done, 1 done but some files could not be read, 2 not an export or a wrong option.

\b
Examples:
  offhours audit export.zip
  offhours audit export.zip --hours "mon-thu 9-17; fri 9-13" --holidays AT-9
  offhours audit export/ --since 2026-01-01 --until 2026-03-31 --html audit.html
  offhours audit export.zip --people hours.yaml --teams teams.yaml --json audit.json
"""
