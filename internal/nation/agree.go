package nation

import (
	"context"
	"slices"

	"tongban/internal/domain/bundle"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/node"
)

// agree signs the catalogue's agreements in the name of every province that is a side of one: two made-up stewards approve and the
// node publishes, as real ones would, with the mark that it is a demonstration. What was signed before is left.
func (n *Nation) agree(ctx context.Context) error {
	for _, m := range n.members {
		one := n.Nodes[m.ID]
		stewards := slices.DeleteFunc(n.officers(one, m), func(o office.Officer) bool { return !o.Has(office.Steward) })
		if len(stewards) < 2 {
			continue
		}
		for _, a := range one.Kit.Catalogue.AllAgreements() {
			side := slices.ContainsFunc(a.Parties, func(p item.Partner) bool { return p.Region.Province() == string(m.ID) })
			said := slices.ContainsFunc(one.Kit.Catalogue.SignaturesOf(a.ID), func(s item.Signature) bool { return s.By == string(m.ID) })
			if side && !said {
				if err := sign(ctx, one, a, stewards); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func sign(ctx context.Context, one *node.Node, a item.Agreement, stewards []office.Officer) error {
	text, ok := one.Kit.Catalogue.AgreementText(a.ID)
	if !ok {
		return nil // a text that came with somebody's signature is for people to sign
	}
	d, err := one.Rules.Begin(ctx, stewards[0], bundle.Content{Kind: bundle.Agreement, Name: a.ID, From: a.From, Text: text, Demo: true})
	for _, by := range stewards[:2] {
		if err == nil {
			d, err = one.Rules.Approve(ctx, by, d.ID, d.Row)
		}
	}
	if err == nil {
		_, err = one.Rules.Publish(ctx, stewards[1], d.ID, d.Row)
	}
	return err
}
