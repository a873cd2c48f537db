"""`tools record`: what the pages show of the running steps, in text and in pictures.

    python3 -m tools record              everything, again
    python3 -m tools record 03-run-two   only this one

Nothing on a page is typed from memory: a scene starts a step, does what a reader would
do, and hands over what it saw. A test plays each scene again and compares.

command   the verb, and where things are written
scenes    the table of scenes, one function for each recording
stage     what scenes play on: a clone of the course, servers, a browser
people    who is in the browser
pictures  pictures of windows, with few bytes
terminal  a command in a terminal
notebooks the outputs of the notebooks
tap       notes what crosses the wire between the browser and a server
natural   what differs from run to run, written the same each time
"""
