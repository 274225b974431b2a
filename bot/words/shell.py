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
