"""Who may fill which post: the one place where type, role, specialty, credential, PGY and FTE are judged."""

from residency.program.records import Person, Service
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
