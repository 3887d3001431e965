package page

import (
	"context"
	"fmt"

	"tongban/internal/domain/fee"
	"tongban/internal/domain/item"
)

// Yuan writes an amount in 分 as people read it.
func Yuan(fen int) string {
	if fen%100 == 0 {
		return fmt.Sprint(fen / 100)
	}
	return fmt.Sprintf("%d.%02d", fen/100, fen%100)
}

// FeeLines are the lines of a charge: what for, how much, on what basis, and whether its source was verified.
func FeeLines(ctx context.Context, lines []fee.Line) []Row {
	var out []Row
	en := PrefsOf(ctx).Lang == "en"
	for _, l := range lines {
		r := Row{Key: l.Label, Value: T(ctx, "pay.yuan", Yuan(l.Fen)), Source: T(ctx, "pay.basis", l.Basis)}
		if en && l.LabelEn != "" {
			r.Key = l.LabelEn
		}
		if l.Mark != "" && l.Mark != item.Confirmed && l.Mark != item.Sourced {
			r.Source += T(ctx, "pay.unverified")
		}
		out = append(out, r)
	}
	return out
}

// FeeSentences say of a quote what people ask before they apply: how much, on what it still depends, when to pay, what goes back.
func FeeSentences(ctx context.Context, q fee.Quote) []string {
	switch {
	case !q.Known:
		return []string{T(ctx, "pay.unknown")}
	case !q.Charged() && q.Basis == "":
		return []string{T(ctx, "pay.free")}
	case !q.Charged():
		return []string{T(ctx, "pay.free_by", q.Basis)}
	}
	out := []string{T(ctx, "pay.total", Yuan(q.Fen))}
	if len(q.Open) > 0 {
		out[0] = T(ctx, "pay.total_open", Yuan(q.Fen))
	}
	if q.Before != "" {
		out = append(out, T(ctx, "pay.before."+q.Before))
	} else {
		out = append(out, T(ctx, "pay.before.none"))
	}
	refused := q.Refused
	if refused == "" {
		refused = "unknown"
	}
	return append(out, T(ctx, "pay.refund.withdrawn"), T(ctx, "pay.refund."+refused))
}
