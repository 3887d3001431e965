package unit

import (
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/notice"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// A reminder comes remindBefore working days before the applicant's term ends, and where the law sets none, remindAfter
// working days after the notice: a service of ours, no term of law.
const (
	remindBefore = 3
	remindAfter  = 10
)

// Told adds to the unit what the applicant is told of a fact, this node's own or one that it learned; c is the case after it.
// Only the coordinator tells, because it has the contact. A fact that is learned twice makes the same notice.
func (k *Kit) Told(u *Unit, c casefile.Case, f casefile.Fact, hash proof.Hash) {
	if k.Notices == nil || c.Coordinator != k.Me { // nothing is due either
		return
	}
	n, ok := notice.Of(c, f, hash)
	if !ok {
		return
	}
	switch n.Kind { //nolint:exhaustive // the others neither run nor end a term of the applicant's
	case notice.Correction:
		by, term := k.answerBy(c, f.At)
		if term {
			n.Values[notice.ValueDue] = by.String()
		}
		u.Due = append(u.Due, Due{Case: c.ID, Kind: DueRemind, At: k.remindAt(by, term, f.At)})
	case notice.Granted, notice.Refused, notice.NotAccepted:
		if !c.Asked.IsZero() { // the wish to withdraw came after it
			late := notice.New(notice.TooLate, hash[:], c.ID, n.Office, n.At, n.Values)
			defer k.Notify(u, late)
		}
	case notice.Supplemented, notice.Withdrawn:
		u.Due = append(u.Due, Due{Case: c.ID, Kind: DueRemind})
	}
	k.Notify(u, n)
}

// Notify adds a notice in the wording of its day. Without outlets it is done when it stands on the page.
func (k *Kit) Notify(u *Unit, n notice.Notice) {
	if k.Notices == nil {
		return
	}
	n.Template = k.Notices.On(n.Kind, workday.DateOf(n.At)).ID
	if !k.Outlets {
		n.Channel, n.State, n.Next = notice.Page, notice.Kept, time.Time{}
	}
	u.Notices = append(u.Notices, n)
}

// answerBy is the last day of the applicant's term after a correction notice; false if the item's law sets none.
func (k *Kit) answerBy(c casefile.Case, at time.Time) (workday.Date, bool) {
	v, ok := k.Catalogue.Version(c.Item, workday.DateOf(at))
	if !ok || v.Corrections.ApplicantDays == 0 {
		return workday.Date{}, false
	}
	by, _ := k.Calendar.Due(workday.DateOf(at), workday.Limit{N: v.Corrections.ApplicantDays, Unit: workday.WorkingDays})
	return by, true
}

func (k *Kit) remindAt(by workday.Date, term bool, at time.Time) time.Time {
	on, _ := k.Calendar.Due(workday.DateOf(at), workday.Limit{N: remindAfter, Unit: workday.WorkingDays})
	if term {
		on = by
		for left := remindBefore; left > 0; {
			on = on.AddDays(-1)
			if working, _ := k.Calendar.IsWorking(on); working {
				left--
			}
		}
	}
	return on.Start().Add(9 * time.Hour)
}

// Words are how this node names what notices keep as codes.
func (k *Kit) Words(day func(d workday.Date, lang string) string) notice.Words {
	return notice.Words{
		Item: func(code, lang string) string {
			it, ok := k.Catalogue.Item(code)
			switch {
			case !ok:
				return code
			case lang == "en" && it.NameEn != "":
				return it.NameEn
			}
			return it.Name
		},
		Office: func(code, lang string) (string, string) {
			o, ok := k.Office(code)
			switch {
			case !ok:
				return "", ""
			case lang == "en" && o.NameEn != "":
				return o.NameEn, o.Phone
			}
			return o.Name, o.Phone
		},
		Day: day,
	}
}
