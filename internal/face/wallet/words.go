package wallet

import (
	"context"
	"strings"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/page/text"
)

func moment(ctx context.Context, t time.Time) string {
	s := t.In(workday.Zone)
	return page.T(ctx, "desk.clock", s.Year(), int(s.Month()), s.Day(), s.Hour(), s.Minute())
}

// who is the one who used a licence: whoever scanned it, another province, an officer by number, or the node's clock.
func (f *Face) who(ctx context.Context, e accesslog.Entry) string {
	switch {
	case e.What == elsewhere.Taken:
		return page.T(ctx, "wallet.used_by", f.cfg.Name(page.PrefsOf(ctx).Lang, office.NodeID(e.Who)))
	case e.Who == "anyone":
		return page.T(ctx, "usage.who.anyone")
	case e.Office == "" && len(e.Who) == 2:
		return page.T(ctx, "usage.who.system")
	}
	return page.T(ctx, "wallet.officer", e.Who)
}

// did is what was done with it.
func did(ctx context.Context, e accesslog.Entry) string {
	_, what, _ := strings.Cut(e.What, ".")
	if e.Kind == accesslog.Act && text.Has("usage.did."+e.What) {
		return page.T(ctx, "usage.did."+e.What)
	}
	if e.Kind == accesslog.View && text.Has("usage.view."+what) {
		return page.T(ctx, "usage.view."+what)
	}
	return page.T(ctx, "usage.did.other")
}

func tone(s licence.State) page.Tone {
	switch s {
	case licence.InForce:
		return page.ToneOK
	case licence.Suspended:
		return page.ToneWarn
	case licence.Expired, licence.Revoked, licence.Struck, licence.Cancelled, licence.Replaced, licence.MovedOut:
	}
	return page.ToneGrey
}

// stateWord says a state; one that another province made up is "unknown".
func stateWord(ctx context.Context, s licence.State) string {
	if key := "register.state." + string(s); text.Has(key) {
		return page.T(ctx, key)
	}
	return page.T(ctx, "wallet.state_unknown")
}

func oneRows(ctx context.Context, l licence.Licence) []page.Row {
	until := l.Until
	if until == "" {
		until = page.T(ctx, "register.no_end")
	}
	rows := []page.Row{
		{Key: page.T(ctx, "register.no"), Value: l.No},
		{Key: page.T(ctx, "register.holder"), Value: l.Holder.Name},
		{Key: page.T(ctx, "wallet.issuer"), Value: l.Issuer.Name},
		{Key: page.T(ctx, "register.from"), Value: l.From},
		{Key: page.T(ctx, "register.until"), Value: until},
	}
	for _, f := range l.Fields {
		rows = append(rows, page.Row{Key: f.Label, Value: f.Value})
	}
	return append(rows, page.Row{Key: page.T(ctx, "register.id"), Value: l.ID})
}
