"""Run the command line: the `stad` command, and the jobs behind demo/ and tools/."""
