package board

import (
	"cmp"
	"slices"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/page"
)

// aid is the work that one place did for another: each piece is signed by both, as a hand-over by one and its receipt by the other.
type aid struct{ collected, delivered int64 }

func (w aid) sum() int64 { return w.collected + w.delivered }

// ledger is 互助账: who worked for whom, pair by pair. A province sees its own book; the hub holds both sides' books against each
// other. No unit cost is agreed anywhere, so nothing is reckoned in money.
func (f *Face) ledger(a ask) (view, error) {
	ctx := a.ctx
	s := sheet{ID: "ledger", Title: page.T(ctx, "board.ledger"), Head: head(ctx, "ledger_one", "ledger_other", "ledger_did", "ledger_got", "ledger_balance", "ledger_agree")}
	did, got := map[office.NodeID]map[string]aid{}, map[office.NodeID]map[string]aid{}
	for _, id := range f.cfg.Nodes() {
		by := map[string]map[string]figure.Hist{}
		for _, key := range []string{"transit", "arrived", "received", "back"} {
			one, err := a.by(id, figure.ByPlace, key)
			if err != nil {
				return view{}, err
			}
			by[key] = one
		}
		did[id], got[id] = map[string]aid{}, map[string]aid{}
		for _, other := range f.everyone(by) {
			k := string(other)
			did[id][k] = aid{by["transit"][k].N(), by["arrived"][k].N()}
			got[id][k] = aid{by["received"][k].N(), by["back"][k].N()}
		}
	}
	type line struct {
		row     []cell
		balance int64
	}
	var lines []line
	for _, id := range f.cfg.Nodes() {
		for k, mine := range did[id] {
			other := office.NodeID(k)
			theirs, known := did[other]
			if _, there := theirs[string(id)]; other == id || there && other < id {
				continue // the pair stands in the other's line
			}
			agree := words(page.T(ctx, "board.none"))
			if known {
				agree = words(page.T(ctx, "board.ledger_yes"))
				if mine != got[other][string(id)] || theirs[string(id)] != got[id][k] {
					agree = words(page.T(ctx, "board.ledger_no", got[other][string(id)].sum(), theirs[string(id)].sum()))
				}
			}
			balance := mine.sum() - got[id][k].sum()
			lines = append(lines, line{[]cell{
				link(f.name(ctx, id), "/open/regions/"+string(id)+"?"+a.query()), words(f.name(ctx, other)), number(mine.sum()), number(got[id][k].sum()), number(balance), agree,
			}, balance})
		}
	}
	slices.SortFunc(lines, func(x, y line) int {
		return cmp.Or(cmp.Compare(max(y.balance, -y.balance), max(x.balance, -x.balance)), cmp.Compare(x.row[0].Raw, y.row[0].Raw), cmp.Compare(x.row[1].Raw, y.row[1].Raw))
	})
	for _, l := range lines {
		s.Rows = append(s.Rows, l.row)
	}
	return view{Title: page.T(ctx, "board.ledger"), Lead: page.T(ctx, "board.ledger_lead"), Sheets: []sheet{s}}, nil
}
