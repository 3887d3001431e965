package desk

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/mandate"
	"tongban/internal/kernel/idno"
	"tongban/internal/page"
)

// acting is in whose name the applicant acts and by what right, as it was pinned on the day of the act; nothing for an own matter.
func (f *Face) acting(ctx context.Context, c casefile.Case) []page.Row {
	a := c.Private.Acting
	if a == nil {
		return nil
	}
	var rows []page.Row
	if unit, ok := c.Unit(); ok {
		rows = append(rows, page.Row{Key: page.T(ctx, "org.desk.unit"), Value: unit.Name, Source: string(unit.USCC)})
	}
	if a.Agent != nil {
		rows = append(rows, page.Row{Key: page.T(ctx, "org.kin.by"), Value: a.Agent.Name, Source: idno.Mask(a.Agent.IDNo)})
	}
	right := page.T(ctx, "org.desk.leads", a.Licence)
	if a.Mandate != "" {
		right = a.Mandate
		if a.Proof != nil {
			if m, err := mandate.Open(a.Agreed, *a.Proof, f.cfg.Kit.Trust()); err == nil {
				right = page.T(ctx, "org.desk.mandate_value", date(ctx, m.From), date(ctx, m.Until), m.Representative.Name, a.Digest.String()[:16])
			}
		}
	}
	return append(rows, page.Row{Key: page.T(ctx, "org.desk.mandate"), Value: right})
}
