package nation

import (
	"context"
	_ "embed"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/domain/sharing"
	"tongban/internal/kernel/workday"
	"tongban/internal/node"
)

//go:embed share.toml
var shareFile string

// shares is what provinces of the demonstration say about data.
type shares struct {
	PerDay   int `toml:"per_day"`
	Basis    string
	Resource []struct {
		Source string
		At     []office.NodeID
		Fields []string
	}
	Recognition []struct {
		Type, Basis string
		By          []office.NodeID
	}
	Agreement struct {
		Asker, Provider              office.NodeID
		Source, Purpose, Basis, Cost string
		Fields, Items                []string
		Days                         int
		PerDay                       int `toml:"per_day"`
		WithinMS                     int `toml:"within_ms"`
		KeepDays                     int `toml:"keep_days"`
	}
}

// demoShares is the built-in list; the file is part of the binary and read by the tests.
var demoShares = sync.OnceValue(func() shares {
	var s shares
	if _, err := toml.Decode(shareFile, &s); err != nil {
		panic(err)
	}
	return s
})

// share lets the provinces describe what they can be asked about and two of them sign an agreement, each by its own made-up stewards
// through its own ledger. It goes on behind the first pages, which need nothing of it. What was said before is left.
func (n *Nation) share(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	nodes, stewards := maps.Clone(n.Nodes), map[office.NodeID][]office.Officer{} // Nodes may change from now on
	for _, m := range n.members {
		stewards[m.ID] = slices.DeleteFunc(n.officers(nodes[m.ID], m), func(o office.Officer) bool { return !o.Has(office.Steward) })
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := demoShares().say(ctx, nodes, stewards); err != nil && ctx.Err() == nil {
			n.cfg.Log.LogAttrs(ctx, slog.LevelError, "sharing of the demonstration", slog.String("error", err.Error()))
		}
	})
	n.stops = append(n.stops, func() error {
		cancel()
		wg.Wait()
		return nil
	})
}

func (s shares) say(ctx context.Context, nodes map[office.NodeID]*node.Node, stewards map[office.NodeID][]office.Officer) error {
	for _, id := range slices.Sorted(maps.Keys(nodes)) {
		if len(stewards[id]) == 0 {
			continue
		}
		if err := s.describe(ctx, nodes[id], stewards[id][0]); err != nil {
			return err
		}
		if len(stewards[id]) > 1 {
			if err := s.recognise(ctx, nodes[id], stewards[id]); err != nil {
				return err
			}
		}
	}
	asker, provider := nodes[s.Agreement.Asker], nodes[s.Agreement.Provider]
	if asker == nil || provider == nil || len(stewards[asker.ID]) < 2 || len(stewards[provider.ID]) == 0 {
		return nil
	}
	return s.agree(ctx, asker, provider, stewards)
}

func (s shares) describe(ctx context.Context, one *node.Node, by office.Officer) error {
	known := one.Kit.Catalogue.Evidence()
	for _, r := range s.Resource {
		said := !slices.Contains(r.At, one.ID)
		one.Shares.Look(func(b *sharing.Book) {
			_, before := b.Resource(one.ID, r.Source)
			said = said || before
		})
		i := slices.IndexFunc(known, func(e item.Evidence) bool { return e.Key == r.Source })
		if said || i < 0 {
			continue
		}
		if _, err := one.Shares.Describe(ctx, by, resource.Resource{
			Key: r.Source, Name: known[i].Name, NameEn: known[i].NameEn, Office: by.Office, Source: r.Source, Fields: r.Fields,
			Attribute: resource.Conditional, Basis: s.Basis, Freshness: resource.Live, PerDay: s.PerDay, From: workday.DateOf(one.Kit.Now()), Demo: true,
		}); err != nil {
			return err
		}
	}
	return nil
}

// recognise says whose licences a province takes instead of paper: one steward says it, another confirms.
func (s shares) recognise(ctx context.Context, one *node.Node, by []office.Officer) error {
	said := false
	one.Shares.Look(func(b *sharing.Book) { said = len(b.Recognitions(one.ID)) > 0 })
	if said {
		return nil
	}
	for _, r := range s.Recognition {
		if !slices.Contains(r.By, one.ID) {
			continue
		}
		st, err := one.Shares.Recognise(ctx, by[0], licence.Recognition{Type: r.Type, From: workday.DateOf(one.Kit.Now()), Basis: r.Basis}, true)
		if err != nil {
			return err
		}
		if _, err := one.Shares.ConfirmRecognition(ctx, by[1], st.Seq); err != nil {
			return err
		}
	}
	return nil
}

// agree proposes at the asker, lets a second steward there and one of the provider sign, and brings both to the same knowledge.
func (s shares) agree(ctx context.Context, asker, provider *node.Node, stewards map[office.NodeID][]office.Officer) error {
	a := s.Agreement
	said := false
	asker.Shares.Look(func(b *sharing.Book) { said = len(b.Of(asker.ID)) > 0 })
	if said {
		return nil
	}
	if err := asker.MeetSharing(ctx, provider.ID); err != nil {
		return err
	}
	today, mine := workday.DateOf(asker.Kit.Now()), stewards[asker.ID]
	parties := []office.NodeID{asker.ID, provider.ID}
	st, err := asker.Shares.Propose(ctx, mine[0], sharing.Terms{
		Parties: parties, From: today, Until: today.AddDays(a.Days), Cost: a.Cost, Grants: []sharing.Grant{{
			Provider: provider.ID, Resource: a.Source, Askers: []office.NodeID{asker.ID}, Fields: a.Fields, ChecksOnly: true, Items: a.Items,
			Purpose: a.Purpose, Basis: a.Basis, PerDay: a.PerDay, WithinMS: a.WithinMS, KeepDays: a.KeepDays,
		}},
	}, true)
	if err != nil {
		return err
	}
	if _, err := asker.Shares.SignTerms(ctx, mine[1], st.Terms.Agreement); err != nil {
		return err
	}
	if err := asker.MeetSharing(ctx, provider.ID); err != nil {
		return err
	}
	if _, err := provider.Shares.SignTerms(ctx, stewards[provider.ID][0], st.Terms.Agreement); err != nil {
		return err
	}
	return asker.MeetSharing(ctx, provider.ID)
}
