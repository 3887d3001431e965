package board

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/bulletin"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// madeIssues holds one made-up issue, signed with a key that was made for it.
type madeIssues struct {
	issuer office.NodeID
	nodes  []office.NodeID
	now    time.Time
	none   bool
}

const madeMonth = 202610

func (m madeIssues) BulletinMonths(context.Context) ([]int, error) {
	if m.none {
		return nil, nil
	}
	return []int{madeMonth}, nil
}

func (m madeIssues) Bulletin(ctx context.Context, month int) (x bulletin.Issued, err error) {
	if month != madeMonth || m.none {
		return x, errs.New(errs.Missing, "%d", month)
	}
	key, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		return x, err
	}
	signer, said := proof.NewSigner(key), map[office.NodeID]proof.Signed{}
	book := figure.Default()
	members := m.nodes
	if m.issuer.Member() {
		members = []office.NodeID{m.issuer}
	}
	for _, id := range members {
		if id == madeNever {
			continue
		}
		st := figure.Statement{Node: id, Month: month, Definitions: book.Version, Digest: book.Digest, At: m.now}
		for _, cut := range []figure.Cut{figure.ByItem, figure.ByPlace} {
			for _, d := range book.Figures {
				by, err := madeUp{nodes: m.nodes, now: m.now}.FigureBy(ctx, id, cut, d.Key, month, month)
				if err != nil {
					return x, err
				}
				for name, h := range by {
					l := figure.Line{Cut: cut, Figure: d.Key, Key: name}
					for class, n := range h {
						l.Counts = append(l.Counts, [2]int64{int64(class), n})
					}
					st.Lines = append(st.Lines, l)
				}
			}
		}
		slices.SortFunc(st.Lines, figure.Line.Compare)
		if said[id], err = proof.SignJSON(signer, figure.TypStatement, st); err != nil {
			return x, err
		}
	}
	b, err := bulletin.Make(m.issuer, month, book, members, said, m.now)
	if err != nil {
		return x, err
	}
	for _, p := range b.Parts {
		x.Statements = append(x.Statements, said[p.Node])
	}
	x.Bulletin, err = proof.SignJSON(signer, bulletin.Typ, b)
	return x, err
}

// madeObjections are one with an answer and one without.
func madeObjections(context.Context) ([]objection.Objection, error) {
	at := time.Date(2026, time.November, 20, 1, 0, 0, 0, time.UTC)
	about := objection.About{ID: "a", From: "23", Of: "63", Month: madeMonth, Figure: "promise"}
	other := objection.About{ID: "b", From: "63", Of: "23", Month: madeMonth, Figure: "transit"}
	return []objection.Objection{
		{About: about, Words: []objection.Word{
			{About: about, By: "23", N: 1, Act: objection.Object, Text: "本省签收的决定里，有 3 件晚于承诺的日期 <script>", At: at},
			{About: about, By: "63", N: 1, Act: objection.Answer, Text: "正在逐件核对", At: at.Add(time.Hour)},
		}},
		{About: other, Words: []objection.Word{{About: other, By: "63", N: 1, Act: objection.Object, Text: "途中时间与本省签收的时间不符", At: at}}},
	}, nil
}

// bulletinStates are the bulletins' pages with made-up figures.
func bulletinStates(hub Config) []page.State {
	none, province := hub, hub
	none.Bulletins = madeIssues{none: true}
	own := hub.Bulletins.(madeIssues) //nolint:forcetypeassert // made above
	own.issuer = "63"
	province.Me, province.Bulletins = "63", own
	province.Source = madeUp{empty: true} // every number has changed since
	state := func(name string, cfg Config, key string) page.State {
		return page.State{Group: "S-13", Name: name, Body: func(r *http.Request) (page.Frame, templ.Component) {
			r = r.Clone(r.Context())
			r.URL.Path = "/open/bulletins"
			f := New(cfg)
			v, err := f.bulletinState(r.Context(), key)
			if err != nil { // made-up figures do not fail
				panic(err)
			}
			fr := cfg.Frame(r)
			fr.Title = v.Title
			return fr, bulletinPage(r, v)
		}}
	}
	return []page.State{
		state("open-bulletins", hub, ""), state("open-bulletins-none", none, ""), state("open-bulletin", hub, "2026-10"),
		state("open-bulletin-province", province, "2026-10"),
	}
}

func (f *Face) bulletinState(ctx context.Context, key string) (v bulletinView, err error) {
	if key == "" {
		return f.listed(ctx)
	}
	x, err := f.issued(ctx, key)
	if err != nil {
		return v, err
	}
	if v, err = f.drawBulletin(ctx, x); err != nil {
		return v, err
	}
	v.Beside, err = f.beside(ctx, x)
	return v, err
}
