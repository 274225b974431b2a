"""The `offhours` command."""


def main() -> None:
    """Run the command line."""
