package desk

import (
	"context"
	"strconv"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/page/text"
)

// due is until when the next act is due, in words that do not need the colour: days that are left are working days, days
// over are calendar days, because that is how each is felt.
func (f *Face) due(ctx context.Context, c casefile.Case) page.Due {
	d, ok := c.Due()
	if !ok || !c.Closed.IsZero() {
		return page.Due{}
	}
	today := workday.DateOf(f.now())
	out := page.Due{Date: date(ctx, d.On)}
	switch {
	case d.Paused:
		out.Words = page.T(ctx, "desk.due.paused")
	case d.On == today:
		out.Words, out.Tone = page.T(ctx, "desk.due.today"), page.ToneWarn
	case d.On.Before(today):
		out.Words, out.Tone = page.T(ctx, "desk.due.over", int(today.Start().Sub(d.On.Start())/(24*time.Hour))), page.ToneError
	default:
		left := f.cfg.Kit.Calendar.Between(today, d.On)
		out.Words = page.T(ctx, "desk.due.left", left)
		if left <= 1 {
			out.Tone = page.ToneWarn
		}
	}
	if d.Provisional {
		out.Words += page.T(ctx, "desk.due.provisional")
	}
	return out
}

// date is a day as people say it, with its weekday.
func date(ctx context.Context, d workday.Date) string {
	if d.IsZero() {
		return ""
	}
	return page.T(ctx, "desk.date", d.Year(), int(d.Month()), d.Day(), page.T(ctx, "desk.weekday."+strconv.Itoa(int(d.Weekday()))))
}

// clock is an instant as people in the whole country read it.
func clock(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	s := t.In(workday.Zone)
	return page.T(ctx, "desk.clock", s.Year(), int(s.Month()), s.Day(), s.Hour(), s.Minute())
}

// status is the citizen's word for where the case is.
func status(c casefile.Case) page.Status {
	switch s := c.Status(); s {
	case casefile.StatusChecking:
		return page.Verifying
	case casefile.StatusDenied:
		return page.Refused
	case casefile.StatusDraft, casefile.StatusSubmitted, casefile.StatusAccepted, casefile.StatusCorrection, casefile.StatusHandling,
		casefile.StatusDone, casefile.StatusWithdrawn:
		return page.Status(s)
	}
	return page.Handling
}

// officeName is an office as people call it, or its code if this node does not know it.
func (f *Face) officeName(lang, code string) string {
	o, ok := f.cfg.Kit.Office(code)
	switch {
	case !ok:
		return code
	case lang == "en" && o.NameEn != "":
		return o.NameEn
	}
	return o.Name
}

// placeName is the town of a leg, short enough for a table.
func (f *Face) placeName(c casefile.Case, kind item.LegKind) string {
	code := c.Here
	if kind == item.Decide {
		code = c.There
	}
	if l, ok := c.LegOf(kind); ok && l.Place != "" {
		code = l.Place
	}
	return f.cfg.Kit.Regions.Name(code)
}

// wording is a sentence about an act. Where nothing was collected and nothing travels it has words of its own.
func wording(ctx context.Context, c casefile.Case, group, act string, args ...any) string {
	if key := "desk.onsite." + group + "." + act; c.Mode == item.Onsite && text.Has(key) {
		return page.T(ctx, key)
	}
	if _, elsewhere := c.Sealing(); elsewhere && text.Has("mandate.desk."+group+"."+act) {
		return page.T(ctx, "mandate.desk."+group+"."+act)
	}
	if key := "apply.desk." + group + "." + act; c.Local() && text.Has(key) {
		return page.T(ctx, key)
	}
	return page.T(ctx, "desk."+group+"."+act, args...)
}

func (f *Face) matterName(lang string, c casefile.Case) string {
	it, ok := f.cfg.Kit.Catalogue.Item(c.Item)
	if !ok {
		return c.Item
	}
	if n := len(it.Versions); lang == "en" && n > 0 {
		return it.Versions[n-1].TitleEn
	}
	return it.Name
}

// holder says who answers for the case now, since when.
func (f *Face) holder(ctx context.Context, v visit, c casefile.Case) string {
	h, ok := c.Holder()
	if !ok {
		return page.T(ctx, "desk.case.nobody")
	}
	return page.T(ctx, "desk.case.since", f.officeName(v.lang, h.Office), clock(ctx, h.From))
}

// pick is zh or en.
func pick(lang, zh, en string) string {
	if lang == "en" && en != "" {
		return en
	}
	return zh
}

// masked hides the applicant's numbers wherever they stand among the answers, until the officer asks to see them.
func masked(p party.Person, s string, full bool) string {
	switch {
	case full || s == "":
		return s
	case s == p.IDNo:
		return idno.Mask(s)
	case s == p.Phone:
		return party.MaskPhone(s)
	}
	return s
}

// words are what a person is told about an error.
func words(lang string, err error) string {
	t := errs.CodeOf(err).Text(lang)
	return t.What + pick(lang, "\uff1b", "; ") + t.Next
}
