"""Every sentence a person reads, as functions of plain values."""
