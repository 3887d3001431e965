package sharing

import (
	"slices"
	"strconv"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Recognised is a statement of recognition with who said it.
type Recognised struct {
	By      office.NodeID
	Seq     int
	Officer string
	At      time.Time
	licence.Recognition
	Second string // the officer who confirmed it; "" while it binds nobody
	Demo   bool
}

// Binds reports whether it counts. Two people make it count; one is enough to take it back, since nobody can be made to trust.
func (r Recognised) Binds() bool { return r.Withdraw || r.Second != "" }

// Name is how pages and cases cite it: 63/4.
func (r Recognised) Name() string { return string(r.By) + "/" + strconv.Itoa(r.Seq) }

// confirm adds the second officer. A word on nothing, or by who said it first, changes nothing for anybody who reads it.
func (b *Book) confirm(st Statement) {
	list := b.recognised[st.By]
	i := slices.IndexFunc(list, func(r Recognised) bool { return r.Seq == st.Confirms })
	if i >= 0 && list[i].Second == "" && list[i].Officer != st.Officer {
		list[i].Second = st.Officer
	}
}

// Recognitions are the statements of a place, the last said first, without those that a later one of the same licences and
// matters took the place of.
func (b *Book) Recognitions(by office.NodeID) []Recognised {
	var out []Recognised
	for _, r := range slices.Backward(b.recognised[by]) {
		if !slices.ContainsFunc(out, func(later Recognised) bool {
			return later.Binds() && later.Same(r.Recognition) && !later.From.After(r.From)
		}) {
			out = append(out, r)
		}
	}
	return out
}

// Recognition finds one statement by its number.
func (b *Book) Recognition(by office.NodeID, seq int) (Recognised, bool) {
	list := b.recognised[by]
	i := slices.IndexFunc(list, func(r Recognised) bool { return r.Seq == seq })
	if i < 0 {
		return Recognised{}, false
	}
	return list[i], true
}

// Recognises finds the statement by which place by takes a licence of a type from place of in a matter on a day; it is zero for a
// place's own licences, which need none. errs.NotRecognised otherwise.
func (b *Book) Recognises(by, of office.NodeID, typeCode, item string, on workday.Date) (Recognised, error) {
	if by == of {
		return Recognised{}, nil
	}
	var best Recognised
	for _, r := range b.recognised[by] { // the later said of two that rank alike is the one that is kept
		if r.Binds() && r.Covers(of, typeCode, item, on) && (best.Seq == 0 || !best.Outranks(r.Recognition)) {
			best = r
		}
	}
	if best.Seq == 0 || !best.Takes(on) {
		return Recognised{}, errs.New(errs.NotRecognised, "%s takes no %s of %s for %s on %s", by, typeCode, of, item, on)
	}
	return best, nil
}
