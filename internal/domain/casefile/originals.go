package casefile

import (
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Originals is what a case says of the paper originals that its applicant gave out of hand: enough for its clocks, its alarms and its
// end. Each paper, and who has it, stands in domain/original, which makes this.
type Originals struct {
	Out     int          `json:"out,omitempty"`    // papers that the applicant has not back
	Called  bool         `json:"called,omitempty"` // the deciding office waits for originals that it asked for
	Bag     string       `json:"bag,omitempty"`    // number of the bag on its way that is due first
	Due     workday.Date `json:"due,omitzero"`     // of that bag
	Trouble time.Time    `json:"trouble,omitzero"` // since when a paper is missing, or not as listed
	Early   time.Time    `json:"early,omitzero"`   // when a lead first let originals go before their scans were checked
	At      time.Time    `json:"at,omitzero"`      // when a paper last changed hands
}

// WithOriginals is the case with what is now known of its papers. A case whose applicant's part is over closes with the last original
// that is back, and not before.
func (c Case) WithOriginals(o Originals) Case {
	c = c.clone()
	c.Originals = o
	if n := len(c.Custody); o.Out > 0 && !c.Closed.IsZero() { // the word of its end was faster than that of the bag
		c.Closed = time.Time{}
		if n > 0 {
			c.Custody[n-1].To = time.Time{}
		}
	}
	c.tryClose(o.At)
	return c
}

// PaperEnds are the window that took a case in and the office that decides it, between which its originals may travel; false where one
// office is both, or nothing was collected.
func (c Case) PaperEnds() (window, decider Leg, ok bool) {
	window, collects := c.LegOf(item.Collect)
	decider, decides := c.LegOf(item.Decide)
	return window, decider, collects && decides && (window.Node != decider.Node || window.Office != decider.Office)
}

// ScansChecked reports whether the deciding place found every point of the checklist met. Before that no original travels: what is
// wrong is told once, on the scans (行政许可法 第32条). It returns errs.ScansUnchecked.
func (c Case) ScansChecked(v item.Version) error {
	for _, k := range v.Checklist {
		if m, ok := c.Private.Review[k.Key]; !ok || m.Finding != Meets {
			return errs.New(errs.ScansUnchecked, "%s is %q", k.Key, m.Finding)
		}
	}
	return nil
}

// awaits refuses a yes while originals that were asked for have not come: errs.OriginalsAwaited.
func (c Case) awaits() error {
	if c.Originals.Called {
		return errs.New(errs.OriginalsAwaited, "%s", c.No)
	}
	return nil
}
