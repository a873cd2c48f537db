"""What a chat costs, measured from outside on real servers.

    python3 -m course bench                 the five steps beside each other
    python3 -m course bench 05              step 05 beside the official tutorial
    python3 -m course bench 05 --quick      the same in a few minutes, less exact

One scenario alone, some of the chats, so many rounds of A B A B:

    python3 -m course bench 05 --scenario fanout-1000-4 \\
        --only tutorial-daphne,05-daphne,05-uvicorn --rounds 2

`--scenario list` names the scenarios and the chats. Several may be given, with commas
between them. How it is built, from the bottom to the top:

frames       WebSocket frames as bytes
counting     what is lost, doubled or out of order; percentiles
machine      cores, CPU, memory, versions
contestants  a chat on a server: how it is started, and how it is spoken to
sockets      a person with a WebSocket
polling      a person who asks over HTTP; http_line is one connection of theirs
crowd        the people in one room, and what they have heard
meter        what that costs: CPU, memory, Redis
load         who speaks when: at a rate, or as fast as everybody hears
scenarios    what can happen in a room
peers/       the chats that are no step: the official tutorial's, and others
chats        all chats, steps or not; final is step 05 with a thousand people
programme    which chat is put through what
rounds       A B A B, on a Redis of our own
figures      the medians, and what can be read from them
goals        what step 05 wants to reach, held against what it does
report       tables and JSON
command      what was asked for on the command line
"""
