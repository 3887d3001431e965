package watch

import (
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Act is a step in the life of an alarm. Names are stored: append only.
type Act string

// The steps. The clock does the first two.
const (
	Raise  Act = "raise"
	End    Act = "end"
	Urge   Act = "urge"   // 催办
	Answer Act = "answer" // 说明: what the office says of it, and until when
	Settle Act = "settle" // 销号: a breach, after the answer
)

// Step is one that was done.
type Step struct {
	Act   Act       `json:"act"`
	At    time.Time `json:"at"`
	Level Level     `json:"level,omitempty"` // of Raise
	By    string    `json:"by,omitempty"`    // officer
	Text  string    `json:"text,omitempty"`
}

// Alarm is one cause that was reached, once (I3): the same cause never makes a second one. It names no person.
type Alarm struct {
	ID          string        `json:"id"`
	Case        string        `json:"case"`
	No          casefile.No   `json:"no"`
	Item        string        `json:"item"`
	Cause       string        `json:"cause"`
	Kind        Kind          `json:"kind"`
	Leg         string        `json:"leg"`
	What        string        `json:"what,omitempty"`
	Node        office.NodeID `json:"node"` // where the office is
	Office      string        `json:"office"`
	Level       Level         `json:"level"`
	Promised    workday.Date  `json:"promised,omitzero"`
	Law         workday.Date  `json:"law,omitzero"`
	Provisional bool          `json:"provisional,omitempty"` // reaches into a year without a published calendar
	At          time.Time     `json:"at"`                    // when the present level was reached
	Up          time.Time     `json:"up,omitzero"`           // from when it stands in the supervisor's list; zero: it does not
	Ended       time.Time     `json:"ended,omitzero"`
	Steps       []Step        `json:"steps"`

	// Row is the store's guard: the version that was read, 0 for a new alarm.
	Row int64 `json:"-"`
}

// Judged is what a look at a case came to.
type Judged struct {
	Changed []Alarm   // new ones have no ID yet
	Next    time.Time // when the case has to be looked at again; zero: not before it changes
	Open    int       // alarms of the case that have not ended
}

// Judge holds the causes of a case against the alarms that there are. An alarm rises with its cause, ends with it, and goes on if the
// cause comes back; what was settled stays so.
func Judge(c casefile.Case, causes []Cause, have []Alarm, cal *workday.Calendar, now time.Time) Judged {
	var out Judged
	seen := map[string]bool{}
	for _, x := range causes {
		seen[x.Key] = true
		at := slices.IndexFunc(have, func(a Alarm) bool { return a.Cause == x.Key })
		var was Alarm
		if at >= 0 {
			was = have[at]
			was.Steps = slices.Clone(was.Steps)
		} else {
			was = Alarm{Case: c.ID, No: c.No, Item: c.Item, Cause: x.Key, Kind: x.Kind, Leg: x.Leg, What: x.What, Node: x.Node, Office: x.Office}
		}
		a, changed, next := was.follow(x, cal, now)
		if changed {
			out.Changed = append(out.Changed, a)
		}
		if a.open() {
			out.Open++
		}
		if !next.IsZero() && (out.Next.IsZero() || next.Before(out.Next)) {
			out.Next = next
		}
	}
	for _, a := range have {
		if !a.open() || seen[a.Cause] {
			continue
		}
		if a.Kind.Breach() { // what was done stays done; it is answered and settled
			out.Open++
		} else {
			a.Steps = slices.Clone(a.Steps)
			a.end(c.Last)
			out.Changed = append(out.Changed, a)
		}
	}
	return out
}

func (a Alarm) open() bool { return len(a.Steps) > 0 && a.Ended.IsZero() }

func (a Alarm) has(act Act) bool {
	return slices.ContainsFunc(a.Steps, func(s Step) bool { return s.Act == act })
}

// follow brings an alarm, or what may become one, to what its cause says now. next is when the cause reaches its next level.
func (a Alarm) follow(x Cause, cal *workday.Calendar, now time.Time) (_ Alarm, changed bool, next time.Time) {
	if a.has(Settle) || a.Kind.Breach() && len(a.Steps) > 0 {
		return a, false, next // a breach is reached once, and no act undoes it
	}
	until := now
	if !x.Over.IsZero() {
		until = x.Over
	}
	from := x.From
	if silent := x.Silent; !silent.IsZero() && !a.has(Answer) && (from[Red].IsZero() || silent.Before(from[Red])) {
		from[Red] = silent
	}
	level := Quiet
	for l := Remind; l <= Red; l++ {
		switch t := from[l]; {
		case t.IsZero():
		case !t.After(until):
			level = l
		case x.Over.IsZero() && (next.IsZero() || t.Before(next)):
			next = t
		}
	}
	late := a.open() && (level == Quiet || !x.Over.IsZero())
	begin := level > Quiet && (!a.open() && x.Over.IsZero() || len(a.Steps) == 0)
	switch {
	case level > a.Level || begin:
		for l := Remind; l <= level; l++ {
			if (l > a.Level || l == level) && !from[l].IsZero() {
				a.Steps = append(a.Steps, Step{Act: Raise, At: from[l], Level: l})
			}
		}
		a.Level, a.At, a.Ended, changed = level, from[level], time.Time{}, true
		a.Promised, a.Law, a.Provisional = x.Promised, x.Law, x.Provisional
		a.Up = x.up(level, from, cal)
		if !x.Over.IsZero() {
			a.end(x.Over)
		}
	case late:
		end := now // more time was given
		if !x.Over.IsZero() {
			end = x.Over
		}
		a.end(end)
		changed = true
	}
	return a, changed, next
}

// up is from when the supervisor sees it.
func (x Cause) up(level Level, from [Red + 1]time.Time, cal *workday.Calendar) time.Time {
	if level < Yellow {
		return time.Time{}
	}
	var at time.Time
	if !from[Yellow].IsZero() {
		day, _ := cal.Due(workday.DateOf(from[Yellow].Add(-time.Microsecond)), x.rules.Escalate.days())
		at = day.End()
	}
	if level == Red && (at.IsZero() || from[Red].Before(at)) {
		at = from[Red]
	}
	return at
}

func (a *Alarm) end(at time.Time) {
	a.Ended = at
	a.Steps = append(a.Steps, Step{Act: End, At: at})
}

// by is what each act of an officer asks of the table of authority.
var by = map[Act]office.Act{Urge: office.UrgeAlarm, Answer: office.AnswerAlarm, Settle: office.SettleAlarm}

// May is what an act asks of the table of authority; false for what no officer does.
func (a Act) May() (office.Act, bool) {
	act, ok := by[a]
	return act, ok
}

// Acts are what officers can do with the alarm at node me now: urge an office of the own province, answer, and settle a breach
// that was answered. What an office elsewhere did is only noted here, because nobody orders an equal.
func (a Alarm) Acts(me office.NodeID) []Act {
	switch {
	case !a.Ended.IsZero():
		return nil
	case a.Node != me && a.Kind.Breach():
		return []Act{Settle}
	case a.Node != me:
		return nil
	case !a.Kind.Breach():
		return []Act{Urge, Answer}
	case a.has(Answer):
		return []Act{Urge, Answer, Settle}
	}
	return []Act{Urge, Answer}
}

// Do does an officer's act. Errors: errs.AlarmOver for what cannot be done any more or not here, errs.UrgedAlready for a second
// urging on one day, errs.AlarmWords for an answer or a settlement without words, and those of message.Clean.
func (a Alarm) Do(me office.NodeID, act Act, officer, text string, now time.Time) (Alarm, error) {
	if !slices.Contains(a.Acts(me), act) {
		return a, errs.New(errs.AlarmOver, "%s of %s at %s", act, a.Kind, me)
	}
	day := workday.DateOf(now)
	if act == Urge && slices.ContainsFunc(a.Steps, func(s Step) bool { return s.Act == Urge && workday.DateOf(s.At) == day }) {
		return a, errs.New(errs.UrgedAlready, "%s on %s", a.ID, day)
	}
	text, err := message.Clean(text)
	switch {
	case errs.Is(err, errs.MessageEmpty) && act == Urge:
		text = ""
	case errs.Is(err, errs.MessageEmpty):
		return a, errs.New(errs.AlarmWords, "%s without words", act)
	case err != nil:
		return a, err
	}
	at := now.UTC().Truncate(time.Microsecond)
	a.Steps = append(slices.Clone(a.Steps), Step{Act: act, At: at, By: officer, Text: text})
	if act == Settle {
		a.Ended = at
	}
	return a, nil
}

// Urged is how often the office was urged.
func (a Alarm) Urged() (n int) {
	for _, s := range a.Steps {
		if s.Act == Urge {
			n++
		}
	}
	return n
}

// Answered reports whether the office said what it does about it.
func (a Alarm) Answered() bool { return a.has(Answer) }
