package fsck

import (
	"context"

	"tongban/internal/domain/bundle"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
)

// mostBundles is how many are read at once.
const mostBundles = 256

// Published gives a catalogue with what a node's data hold as published: bundles whose signature is the publisher's, in the order of
// their numbers. A node that holds none has the catalogue as it is. errs.CorruptRow for a row that does not open.
func Published(ctx context.Context, cat *item.Catalogue, n Node) (*item.Catalogue, error) {
	last, err := n.Reader.Publishers(ctx)
	if err != nil || len(last) == 0 {
		return cat, err
	}
	var list []bundle.Bundle
	for who, seq := range last {
		for at := 0; who.Member() && at < seq; {
			rows, err := n.Reader.Bundles(ctx, who, at, mostBundles)
			if err != nil {
				return nil, err
			}
			for _, row := range rows {
				var b bundle.Bundle
				if err := row.Signed.Into(&b); err != nil || signedBy(n, row.Signed, bundle.Typ, who) != "" {
					return nil, errs.New(errs.CorruptRow, "rules of %s, number %d", who, row.Seq)
				}
				list, at = append(list, b), row.Seq
			}
			if len(rows) == 0 {
				return nil, errs.New(errs.CorruptRow, "rules of %s end at %d, not %d", who, at, seq)
			}
		}
	}
	out := cat.Fork()
	out.Install(bundle.Published(list))
	return out, nil
}
