"""The only SQLAlchemy: functions on rows, taking the transaction first."""
