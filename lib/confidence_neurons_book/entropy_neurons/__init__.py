"""What chapter 3, on finding entropy neurons, needs beside the library."""
