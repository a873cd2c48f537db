"""The error museum: mistakes made on purpose, in a copy of a step, to see what they look like.

    python3 -m course break             what there is to see
    python3 -m course break no-layer    one mistake: the change, what comes, the cure

museum.toml    the exhibits: what is changed, what is printed, why, and what to do
closing.toml   close codes, and handshakes that fail
exhibits       reads the first, and makes its changes in a copy
people         somebody at the other end of the wire
stage          the copy, its servers, a Redis, and what all of them print
scenes         what is done to a broken copy, so that the error shows
cards          one part of it on a screen: the change, the prediction, the result, why
lecture        the parts, one at a time, in front of a class
terminal       a terminal that is drawn on, and the keys that are pressed there
command        the verb `break`
"""
