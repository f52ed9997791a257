"""The sections of params.yaml: one file each, named as the section. Code imports the section that it reads and no other.

The heads of the files say what a section is for; its fields carry type, bound, unit, meaning and default. `mien.config.params` puts the
sections together and checks what concerns several of them.
"""
