package register

import (
	"context"
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/handling/certify"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

func moment(ctx context.Context, t time.Time) string {
	s := t.In(workday.Zone)
	return page.T(ctx, "desk.clock", s.Year(), int(s.Month()), s.Day(), s.Hour(), s.Minute())
}

// tone is the colour of a state; its word says the same.
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

func stateWord(ctx context.Context, s licence.State) string {
	return page.T(ctx, "register.state."+string(s))
}

// foundRows are the licences of a search: no name of anybody, only what tells them apart.
func foundRows(ctx context.Context, list []licence.Life) [][]page.Cell {
	var out [][]page.Cell
	for _, l := range list {
		until := l.Until
		if until == "" {
			until = page.T(ctx, "register.no_end")
		}
		out = append(out, []page.Cell{{Content: link(l.ID)}, page.Text(stateWord(ctx, l.State)), page.Text(until), page.Text(moment(ctx, l.At))})
	}
	return out
}

// recordRows are the face of the licence.
func recordRows(ctx context.Context, s certify.Sheet) []page.Row {
	l := s.Record
	until := l.Until
	if until == "" {
		until = page.T(ctx, "register.no_end")
	}
	rows := []page.Row{
		{Key: page.T(ctx, "register.no"), Value: l.No},
		{Key: page.T(ctx, "register.holder"), Value: l.Holder.Name},
		{Key: page.T(ctx, "register.holder_code"), Value: l.Holder.Code},
		{Key: page.T(ctx, "register.issued"), Value: l.Issued},
		{Key: page.T(ctx, "register.from"), Value: l.From},
		{Key: page.T(ctx, "register.until"), Value: until},
		{Key: page.T(ctx, "register.id"), Value: l.ID},
	}
	for _, f := range l.Fields {
		rows = append(rows, page.Row{Key: f.Label, Value: f.Value})
	}
	return rows
}

// historyRows are the signed acts, the newest first.
func historyRows(ctx context.Context, s certify.Sheet, reason func(lang string, act licence.Act, key string) string) [][]page.Cell {
	var out [][]page.Cell
	for _, f := range slices.Backward(s.Facts) {
		why := ""
		if f.Reason != "" {
			why = reason(page.PrefsOf(ctx).Lang, f.Act, f.Reason)
		}
		out = append(out, []page.Cell{
			page.Text(moment(ctx, f.At)), page.Text(page.T(ctx, "register.did."+string(f.Act))), page.Text(stateWord(ctx, f.State)),
			page.Text(strings.TrimSpace(why + " " + f.Other)),
		})
	}
	return out
}
