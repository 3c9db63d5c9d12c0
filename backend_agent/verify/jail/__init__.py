"""The launcher: a small process that confines itself, starts a command, watches it and kills all of it.

Standard library only, and started without the rest of the package: it must be quick, and it must not be a process with
threads that forks. The modules import each other relatively so that the folder runs under any name.
"""
