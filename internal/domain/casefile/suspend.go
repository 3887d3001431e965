package casefile

import (
	"slices"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// Procedures are what stops the clock (行政许可法 第45条), as keys that may stand in a signed fact: 听证, 招标, 拍卖, 检验, 检测,
// 检疫, 鉴定, 专家评审.
var Procedures = []string{"hearing", "tender", "auction", "inspection", "test", "quarantine", "appraisal", "experts"}

// mostProcedureDays bounds the time that is announced for a procedure, in working days: a slip of the key is not a year.
const mostProcedureDays = 250

// Suspension is a procedure whose time is not counted, and what the applicant is told of it in writing: what is done, why, and
// how long it will take (行政许可法 第45条).
type Suspension struct {
	Procedure string    `json:"procedure"`
	Reason    string    `json:"reason"`
	Days      int       `json:"days"` // working days, as expected
	Officer   string    `json:"officer"`
	At        time.Time `json:"at"`
}

// Suspend stops the clock for a procedure. It returns errs.ReasonNeeded without a procedure of the law or a reason,
// errs.ProcedureNotForThis if the item's rule names others, and errs.ProcedureTime without the time it will take.
func Suspend(c Case, me office.NodeID, by Actor, law Law, s Suspension, now time.Time) (Case, Step, error) {
	switch {
	case !slices.Contains(Procedures, s.Procedure) || s.Reason == "":
		return Case{}, Step{}, errs.New(errs.ReasonNeeded, "procedure %q", s.Procedure)
	case s.Days < 1 || s.Days > mostProcedureDays:
		return Case{}, Step{}, errs.New(errs.ProcedureTime, "%d days", s.Days)
	case !slices.Contains(ProceduresOf(c, law), s.Procedure):
		return Case{}, Step{}, errs.New(errs.ProcedureNotForThis, "%s", s.Procedure)
	}
	c = c.clone()
	l, step, err := c.begin(me, decideKey(c), ActSuspend, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	l.Reason = s.Procedure
	c.pause(step.At)
	s.Officer, s.At = by.ID, step.At
	c.Private.Suspensions = append(slices.Clip(c.Private.Suspensions), s)
	step.Private = s
	return c, step, nil
}

// ProceduresOf lists what may stop the clock of a case: what its rule names, or all that the law knows where it names none.
func ProceduresOf(c Case, law Law) []string {
	for _, r := range law.Version.LimitsOf(decideKey(c)) {
		if r.Kind == item.LimitDecide && len(r.Stops) > 0 {
			return r.Stops
		}
	}
	return Procedures
}

// Resume lets the clock run on; the days between are added to the limit.
func Resume(c Case, me office.NodeID, by Actor, law Law, now time.Time) (Case, Step, error) {
	c = c.clone()
	l, step, err := c.begin(me, decideKey(c), ActResume, &by, now)
	if err != nil {
		return Case{}, Step{}, err
	}
	l.Reason = ""
	c.resume(law, step.At)
	return c, step, nil
}
