"""Captures: pcapng files of ring events, one packet block a record, written crash-safely, read by memory map."""
