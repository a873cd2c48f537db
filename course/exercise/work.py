"""A student at work: the exercise they are at, their copy, and their progress."""

import time
from pathlib import Path

from course.exercise import catalogue, checking, progress
from course.exercise.catalogue import Exercise
from course.exercise.copies import WORK, Copy, edition_of, shown
from course.exercise.outcome import Outcome


class Work:
    """Everything under my-work/. `folder` is another place for it, for the tests."""

    def __init__(self, folder: Path = WORK) -> None:
        self.folder = folder
        self.exercises = catalogue.load()
        self.progress = progress.load(folder / "progress.json")

    def copy_of(self, exercise: Exercise) -> Copy:
        """Return the student's copy of an exercise, which may not exist yet."""
        return Copy(exercise, self.folder)

    def next_one(self) -> Exercise:
        """Return the exercise to go on with: the current one, or the next unsolved."""
        names = [exercise.name for exercise in self.exercises]
        if self.progress.current in names:
            current = self.exercises[names.index(self.progress.current)]
            if not self.progress.of(current.name).solved:
                return current
            return self.after(current)
        return self.after(None)

    def after(self, exercise: Exercise | None) -> Exercise:
        """Return the next unsolved exercise; the next one if all are solved."""
        names = [one.name for one in self.exercises]
        begin = names.index(exercise.name) + 1 if exercise else 0
        turn = self.exercises[begin:] + self.exercises[:begin]
        unsolved = (one for one in turn if not self.progress.of(one.name).solved)
        return next(unsolved, turn[0])

    def start(self, exercise: Exercise) -> list[str]:
        """Make the copy if there is none; return what to tell the student."""
        copy = self.copy_of(exercise)
        entry = self.progress.of(exercise.name)
        said = []
        if self.progress.warning:
            said.append(self.progress.warning)
            self.progress.warning = ""
        if not copy.folder.is_dir():
            said.append(f"{shown(copy.folder)} is your copy. Work there.")
        copy.make()
        said += self.news(exercise)
        if entry.started is None:
            entry.started = time.time()
        entry.edition = edition_of(exercise)
        self.progress.current = exercise.name
        self.progress.save()
        return said

    def reset(self, exercise: Exercise) -> list[str]:
        """Put the copy aside, begin again, and return what to tell the student.

        Raises CourseError if the copy can't be moved; it is then as it was.
        """
        aside = self.copy_of(exercise).reset()
        entry = self.progress.of(exercise.name)
        entry.solved = entry.started = None
        entry.edition = ""
        return [*self.start(exercise), f"Your old copy: {shown(aside)}"]

    def note_solution_seen(self, exercise: Exercise) -> None:
        """Note that the student has looked at our solution."""
        self.progress.of(exercise.name).seen_solution = time.time()
        self.progress.save()

    def news(self, exercise: Exercise) -> list[str]:
        """Return what `git pull` has changed in an exercise that the student started."""
        entry = self.progress.of(exercise.name)
        changed = self.copy_of(exercise).news(entry.edition) if entry.edition else []
        if not changed:
            return []
        text = (
            f"Changed since you started: {', '.join(changed)}. Your work is untouched."
        )
        if "the start" in changed:
            text += (
                " To start over from the new one:"
                f" python3 -m course exercise reset {exercise.name}"
            )
        return [text]

    def run(self, exercise: Exercise, env: dict[str, str]) -> checking.Run:
        """Return a run of the checks against the student's copy."""
        return checking.Run(exercise, self.copy_of(exercise).folder.resolve(), env)

    def note(self, exercise: Exercise, outcome: Outcome) -> None:
        """Record how a run of the checks went."""
        self.progress.note(exercise.name, solved=outcome.is_solved)

    def next_hint(self, exercise: Exercise) -> str | None:
        """Open one more hint and return it; None if all are open."""
        entry = self.progress.of(exercise.name)
        if entry.hints >= len(exercise.hints):
            return None
        entry.hints += 1
        self.progress.save()
        return exercise.hints[entry.hints - 1]

    def solved_count(self) -> int:
        """Return how many exercises are solved."""
        return sum(bool(self.progress.of(one.name).solved) for one in self.exercises)
