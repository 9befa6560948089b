"""Who may fill which post: the one place where type, role, specialty, credential, PGY and FTE are judged."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from residency.program.records import ROLES, Person, Service
from residency.program.vocabulary import LEARNER_TYPES, CoverageRole, PersonType


def ineligibility(person: Person, service: Service, role: CoverageRole, pgy: int) -> str | None:
    """Why a person cannot count as cover, or None when they can.

    A learner never counts. A supervising post is for faculty, whatever type the service itself asks for;
    ``min_pgy`` is a floor for residents only. ``backup`` follows the rules of the primary role.

    Args:
        person: who would fill the post.
        service: the post's service.
        role: the part they would play.
        pgy: the person's PGY on the date (ignored unless they are a resident).
    """
    if person.type in LEARNER_TYPES:
        return "learners never count as cover"
    if person.fte <= 0:
        return "has an FTE of 0"
    required_type = PersonType.FACULTY if role is CoverageRole.SUPERVISING else service.required_type
    if required_type is not None and person.type is not required_type:
        return f"is {person.type}, {required_type} is required"
    if service.required_role is not None and person.faculty_role is not service.required_role:
        return f"does not hold the role {service.required_role}"
    if service.required_specialty is not None and service.required_specialty not in person.specialties:
        return f"lacks the specialty {service.required_specialty}"
    if service.required_credential is not None and service.required_credential not in person.credentials:
        return f"lacks the credential {service.required_credential}"
    if (
        service.min_pgy is not None
        and role is not CoverageRole.SUPERVISING
        and person.type is PersonType.RESIDENT
        and pgy < service.min_pgy
    ):
        return f"is PGY-{pgy}, PGY-{service.min_pgy} or above is required"
    return None


def eligibility(
    people: Sequence[Person], services: Sequence[Service], pgy: NDArray[np.int8]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What :func:`ineligibility` says of everybody, every service and every role at once.

    Args:
        people: P people.
        services: S services.
        pgy: shape (P, Y), the PGY of each person in each of Y academic years.

    Returns:
        Who may, and who lacks only the specialty or credential; shape (Y, S, P, roles) each.
    """
    shape = (pgy.shape[1], len(services), len(people), len(ROLES))
    eligible, trainable = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    works = np.array([p.type not in LEARNER_TYPES and p.fte > 0 for p in people], np.bool_)
    of_type = {kind: np.array([p.type is kind for p in people], np.bool_) for kind in PersonType}
    roles = _having({person.faculty_role} for person in people)
    specialties = _having(person.specialties for person in people)
    credentials = _having(person.credentials for person in people)
    nobody = np.zeros(len(people), np.bool_)
    supervising = np.array([role is CoverageRole.SUPERVISING for role in ROLES], np.bool_)
    for row, service in enumerate(services):
        asked = works
        if service.required_role is not None:
            asked = asked & roles.get(service.required_role, nobody)
        may = np.repeat(asked[:, None], len(ROLES), axis=1)
        may &= of_type[PersonType.FACULTY][:, None] | ~supervising
        if service.required_type is not None:
            may &= of_type[service.required_type][:, None] | supervising
        trained = np.ones(len(people), np.bool_)
        if service.required_specialty is not None:
            trained &= specialties.get(service.required_specialty, nobody)
        if service.required_credential is not None:
            trained &= credentials.get(service.required_credential, nobody)
        for year in range(shape[0]):
            here = may.copy()
            if service.min_pgy is not None:
                junior = of_type[PersonType.RESIDENT] & (pgy[:, year] < service.min_pgy)
                here[junior] &= supervising
            eligible[year, row] = here & trained[:, None]
            trainable[year, row] = here & ~trained[:, None]
    return eligible, trainable


def _having(words: Iterable[Iterable[str | None]]) -> dict[str | None, NDArray[np.bool_]]:
    """For each word, which people have it; shape (P,)."""
    of_people = [frozenset(held) for held in words]
    known = {word for held in of_people for word in held}
    return {word: np.array([word in held for held in of_people], np.bool_) for word in known}
