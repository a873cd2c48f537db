"""`course exercise`: learn by doing, in copies of the steps, with checks that answer in a sentence.

    python3 -m course exercise          the next exercise, checked at each save
    python3 -m course exercise list     all of them

catalogue   what exercises/ holds: tasks, hints, right and wrong solutions
copies      the student's folders under my-work/, and what changed in them
checking    runs the checks of one exercise, in a process of their own
inside      that process: pytest, with a reporter that writes sentences
kit         what the checks are written with: people, sockets, answers
pages       reads the pages and scripts that a student wrote, for the checks
progress    my-work/progress.json; work: the student's copies and progress together
command     the commands that print; screen: the one with keys; words: their sentences
serving     the student's copy in the browser
reports     what is handed in, and the table of a class
"""
