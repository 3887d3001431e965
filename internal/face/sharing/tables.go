package sharing

import (
	"context"
	"slices"
	"strconv"

	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/domain/sharing"
	"tongban/internal/page"
)

func head(ctx context.Context, keys ...string) []page.Cell {
	out := make([]page.Cell, len(keys))
	for i, k := range keys {
		out[i] = page.Cell{Text: page.T(ctx, "sharing.field."+k)}
	}
	return out
}

func texts(list ...string) []page.Cell {
	out := make([]page.Cell, len(list))
	for i, s := range list {
		out[i] = page.Cell{Text: s}
	}
	return out
}

func resourceTable(ctx context.Context, v homeView) page.TableParams {
	t := page.TableParams{Head: head(ctx, "name", "owner", "fields", "attribute", "freshness")}
	for _, r := range v.Resources {
		t.Rows = append(t.Rows, append([]page.Cell{{Content: link(resourcePath(r), pick(v.Lang, r.Name, r.NameEn))}},
			texts(v.node(r.Owner), joined(r.Fields), page.T(ctx, "sharing.attribute."+string(r.Attribute)), page.T(ctx, "sharing.freshness."+string(r.Freshness)))...))
	}
	return t
}

func agreementTable(ctx context.Context, v homeView) page.TableParams {
	t := page.TableParams{Head: head(ctx, "parties", "resources", "standing", "until")}
	for _, a := range v.Agreements {
		x, ok := a.Newest(v.Me)
		if !ok {
			continue
		}
		var resources []string
		for _, g := range x.Terms.Grants {
			resources = append(resources, v.node(g.Provider)+" "+g.Resource)
		}
		standing, _ := a.Stands(v.Today)
		t.Rows = append(t.Rows, append([]page.Cell{{Content: link(agreementPath(a.ID), v.parties(x.Terms))}},
			texts(joined(resources), page.T(ctx, "sharing.short."+string(standing)), x.Terms.Until.String())...))
	}
	return t
}

func (n names) parties(t sharing.Terms) string {
	var out []string
	for _, id := range t.Parties {
		out = append(out, n.node(id))
	}
	return joined(out)
}

func rows(ctx context.Context, pairs ...string) []page.Row {
	var out []page.Row
	for pair := range slices.Chunk(pairs, 2) {
		out = append(out, page.Row{Key: page.T(ctx, "sharing.field."+pair[0]), Value: pair[len(pair)-1]})
	}
	return out
}

func resourceRows(ctx context.Context, v resourceView) []page.Row {
	r := v.R
	return rows(ctx,
		"owner", v.node(r.Owner), "office", r.Office, "source", v.source(r.Source), "fields", joined(r.Fields),
		"attribute", page.T(ctx, "sharing.attribute."+string(r.Attribute)), "basis", r.Basis,
		"freshness", page.T(ctx, "sharing.freshness."+string(r.Freshness)), "per_day", strconv.Itoa(r.PerDay), "from", r.From.String(),
		"version", strconv.Itoa(r.Version),
	)
}

func agreementRows(ctx context.Context, v agreementView) []page.Row {
	t := v.Text.Terms
	out := rows(ctx, "parties", v.parties(t), "proposer", v.node(v.Text.By), "version", strconv.Itoa(t.Version), "from", t.From.String(),
		"until", t.Until.String(), "cost", t.Cost, "hash", v.Text.Hash.String()[:16])
	if !v.Agreed {
		out = append(out, rows(ctx, "reply_by", v.ReplyBy)...)
	}
	return out
}

func grantRows(ctx context.Context, v agreementView, g sharing.Grant) []page.Row {
	var askers, items []string
	for _, n := range g.Askers {
		askers = append(askers, v.node(n))
	}
	for _, code := range g.Items {
		items = append(items, v.item(code))
	}
	how := page.T(ctx, "sharing.values")
	if g.ChecksOnly {
		how = page.T(ctx, "sharing.checks_only")
	}
	return rows(ctx, "askers", joined(askers), "fields", joined(g.Fields), "how", how, "items", joined(items), "purpose", g.Purpose,
		"basis", g.Basis, "per_day", strconv.Itoa(g.PerDay), "within_ms", strconv.Itoa(g.WithinMS), "keep_days", strconv.Itoa(g.KeepDays))
}

// sideTable is each party with what it said last.
func sideTable(ctx context.Context, v agreementView) page.TableParams {
	t := page.TableParams{Head: head(ctx, "party", "signed", "last", "reason")}
	for _, n := range v.Text.Terms.Parties {
		signed, last, reason := page.T(ctx, "sharing.agreement.unsigned"), "", ""
		if st, ok := v.A.Signed[v.Text.Hash][n]; ok {
			signed = page.ShortDay(dayOf(st.At), v.Lang)
		}
		if st, ok := v.A.Last[n]; ok {
			last, reason = page.T(ctx, "sharing.said."+string(st.Kind))+" "+page.ShortDay(dayOf(st.At), v.Lang), st.Reason
		}
		t.Rows = append(t.Rows, texts(v.node(n), signed, last, reason))
	}
	return t
}

func plain(list []string) []page.Choice {
	out := make([]page.Choice, len(list))
	for i, s := range list {
		out[i] = page.Choice{Value: s, Text: s}
	}
	return out
}

func sources(v describeView) []page.Choice {
	var out []page.Choice
	for _, e := range v.f.catalogue().Evidence() {
		if e.Key != "invited" && e.Key != "account" {
			out = append(out, page.Choice{Value: e.Key, Text: pick(v.Lang, e.Name, e.NameEn)})
		}
	}
	return out
}

func attributes(ctx context.Context) []page.Choice {
	var out []page.Choice
	for _, a := range resource.Attributes() {
		out = append(out, page.Choice{Value: string(a), Text: page.T(ctx, "sharing.attribute."+string(a)), Hint: page.T(ctx, "sharing.attribute_hint."+string(a))})
	}
	return out
}

func frequencies(ctx context.Context) []page.Choice {
	var out []page.Choice
	for _, x := range resource.Frequencies() {
		out = append(out, page.Choice{Value: string(x), Text: page.T(ctx, "sharing.freshness."+string(x))})
	}
	return out
}

func provinces(v proposeView) []page.Choice {
	var out []page.Choice
	for _, n := range v.Others {
		out = append(out, page.Choice{Value: string(n), Text: v.node(n)})
	}
	return out
}

func ids(list []office.NodeID) []string {
	var out []string
	for _, n := range list {
		out = append(out, string(n))
	}
	return out
}

func matters(v proposeView) []page.Choice {
	var out []page.Choice
	for _, it := range v.Matters {
		out = append(out, page.Choice{Value: it.Code, Text: pick(v.Lang, it.Name, it.NameEn)})
	}
	return out
}

func onlyChecks(v proposeView) []string {
	if v.G.ChecksOnly {
		return []string{"1"}
	}
	return nil
}

func forgotten(ctx context.Context, v agreementView) string {
	if v.Forgotten {
		return page.T(ctx, "sharing.agreement.no_reason")
	}
	return ""
}
