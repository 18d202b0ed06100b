"""Home visits: by position, by check-ins, and by both."""

from patrol.visits.pairs import CheckInRules
from patrol.visits.places import areas_of, find_elsewhere
from patrol.visits.stays import Course, StayRules, find_course
from patrol.visits.times import find_visits
from patrol.visits.visit import GRADES, Grade, HomeVisit, VisitRules, VisitTime

__all__ = [
    "GRADES",
    "CheckInRules",
    "Course",
    "Grade",
    "HomeVisit",
    "StayRules",
    "VisitRules",
    "VisitTime",
    "areas_of",
    "find_course",
    "find_elsewhere",
    "find_visits",
]
