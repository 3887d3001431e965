package bench

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"runtime"
	"sync"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/resource"
	"tongban/internal/domain/sharing"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// resourceKey names what the provider can be asked about, and the source of item data that it is.
const resourceKey = "idcard"

// askable is a case that may be asked for.
type askable struct{ id, name, number string }

// askable brings a number of cases to where they may be asked for: the provinces agree, the provider has a table with all
// applicants, the cases are with the asker, each applicant agreed, and others signed a log head under which every opening stands.
func (p *pair) askable(ctx context.Context, total int) ([]askable, error) {
	people := make([]lodge.Application, 0, total)
	seen := map[string]bool{}
	for len(people) < total {
		a, err := p.sample.application()
		if err != nil {
			return nil, err
		}
		if !seen[a.Applicant.IDNo] {
			people, seen[a.Applicant.IDNo] = append(people, a), true
		}
	}
	if err := p.agreeOnData(ctx, people); err != nil {
		return nil, err
	}
	var wg sync.WaitGroup
	var failed failure
	work := make(chan lodge.Application)
	for range 16 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for a := range work {
				if err := p.bring(ctx, a); err != nil {
					failed.set(err)
				}
			}
		})
	}
	list := make([]askable, 0, total)
	for _, a := range people {
		if failed.is() {
			break
		}
		work <- a
		list = append(list, askable{a.ID, a.Applicant.Name, a.Applicant.IDNo})
	}
	close(work)
	wg.Wait()
	if failed.is() {
		return nil, failed.err()
	}
	return list, p.witnessed(ctx)
}

// bring takes a case in, hands it over, and keeps the applicant's consent.
func (p *pair) bring(ctx context.Context, a lodge.Application) error {
	if _, err := p.here.Lodge.TakeIn(ctx, p.here.window, a); err != nil {
		return err
	}
	if _, err := p.here.Post.HandOver(ctx, p.here.window, a.ID, 0); err != nil {
		return err
	}
	if err := p.there.post.until(ctx, mark{id: a.ID, kind: exchange.Offer}); err != nil {
		return err
	}
	if err := p.here.post.until(ctx, mark{id: a.ID, kind: exchange.Offer, receipt: true}); err != nil {
		return err
	}
	p.here.post.forget(a.ID)
	p.there.post.forget(a.ID)
	c, err := p.here.Store.Case(ctx, a.ID)
	if err != nil {
		return err
	}
	offers := p.here.Shares.Offers(c, deciding)
	if len(offers) != 1 {
		return errors.New("there is nothing to ask for")
	}
	request := offers[0].Request(c, deciding, "bench")
	_, what, err := request.Agreement()
	if err != nil {
		return err
	}
	signed, err := p.consent(what, c.Private.Applicant)
	if err != nil {
		return err
	}
	return p.here.Standing.Consent(ctx, c, request, signed)
}

func (p *pair) consent(what vouch.Agreement, who party.Person) (proof.Signed, error) {
	key, err := p.idp.SignKey("sign")
	if err != nil {
		return proof.Signed{}, err
	}
	return proof.SignJSON(proof.NewSigner(key), vouch.TypConsent, vouch.Consent{
		Agreement: what, ID: unit.NewID(), From: receiving, Subject: "s", Person: who, Level: 3, At: time.Now().UTC(),
	})
}

// agreeOnData lets the receiving province describe a register, give its table, and sign terms with the deciding one.
func (p *pair) agreeOnData(ctx context.Context, people []lodge.Application) error {
	fields := []string{"name", "number"}
	by := func(id string) office.Officer {
		return office.Officer{ID: id, Office: "bench", Roles: []office.Role{office.Steward}}
	}
	provider, asker, today := p.here, p.there, workday.DateOf(time.Now())
	if _, err := provider.Shares.Describe(ctx, by("a"), resource.Resource{
		Key: resourceKey, Name: "Identity cards", NameEn: "Identity cards", Office: "bench", Source: resourceKey, Fields: fields,
		Attribute: resource.Conditional, Basis: "bench", Freshness: resource.Daily, PerDay: 1_000_000, From: today,
	}); err != nil {
		return err
	}
	var table bytes.Buffer
	w := csv.NewWriter(&table)
	err := w.Write([]string{"person", "name", "number"})
	for _, a := range people {
		err = errors.Join(err, w.Write([]string{a.Applicant.IDNo, a.Applicant.Name, a.Applicant.IDNo}))
	}
	w.Flush()
	if err = errors.Join(err, w.Error()); err != nil {
		return err
	}
	if _, _, err := provider.Tables.Import(ctx, by("a"), resourceKey, &table); err != nil {
		return err
	}
	if err := asker.MeetSharing(ctx, receiving); err != nil {
		return err
	}
	st, err := asker.Shares.Propose(ctx, by("a"), sharing.Terms{
		Parties: []office.NodeID{receiving, deciding}, From: today, Until: today.AddDays(30), Cost: "bench", Grants: []sharing.Grant{{
			Provider: receiving, Resource: resourceKey, Askers: []office.NodeID{deciding}, Fields: fields, Items: []string{p.sample.Item},
			Purpose: "bench", Basis: "bench", PerDay: 1_000_000, WithinMS: 2000, KeepDays: 30,
		}},
	}, false)
	if err != nil {
		return err
	}
	if err := asker.MeetSharing(ctx, receiving); err != nil {
		return err
	}
	for _, v := range []*province{asker, provider} {
		if _, err := v.Shares.SignTerms(ctx, by("b"), st.Terms.Agreement); err != nil {
			return err
		}
	}
	return asker.MeetSharing(ctx, receiving)
}

// witnessed waits until others signed a head of the receiving province's log under which all that it holds now stands.
func (p *pair) witnessed(ctx context.Context) error {
	if err := p.settled(ctx); err != nil {
		return err
	}
	size, err := p.here.Store.TreeSize(ctx)
	if err != nil {
		return err
	}
	for {
		got, err := p.here.Store.Witnessed(ctx, accesslog.Quorum)
		if err != nil || got >= size {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// questionSize is how many bytes the envelope of one question has, about.
func (p *pair) questionSize(ctx context.Context, a askable) (int, error) {
	c, err := p.there.Store.Case(ctx, a.id)
	if err != nil {
		return 0, err
	}
	q, err := p.there.Data.Prepare(ctx, c, a.want())
	if err != nil {
		return 0, err
	}
	s, err := p.there.Data.Sign(&q)
	if err != nil {
		return 0, err
	}
	b, err := proof.Marshal(s)
	return len(b), err
}
