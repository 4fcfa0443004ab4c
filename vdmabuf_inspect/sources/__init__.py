"""Where ring events come from: everything that opens, maps, listens or waits. One file a source; `open` chooses."""
