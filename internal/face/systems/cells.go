package systems

import (
	"context"

	"github.com/a-h/templ"

	"tongban/internal/page"
)

type component = templ.Component

func head(ctx context.Context) []page.Cell {
	var out []page.Cell
	for _, c := range []string{"case", "since", "tried", "next", "why"} {
		out = append(out, page.Text(page.T(ctx, "systems.column."+c)))
	}
	return out
}

func cells(rows []workRow) [][]page.Cell {
	out := make([][]page.Cell, 0, len(rows))
	for _, r := range rows {
		out = append(out, []page.Cell{{Content: caseLink(r)}, page.Text(r.Since), page.Text(r.Tried), page.Text(r.Next), page.Text(r.Why)})
	}
	return out
}
