STATE = ".autograder"
"""The folder of a course in which results and other files of the kit's own are kept."""
