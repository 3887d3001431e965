package handover

import (
	"context"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/original"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// takePapers takes in a word about the paper originals of a case that is here. What the sender may not say is refused for good.
func (p *Post) takePapers(ctx context.Context, u *unit.Unit, known casefile.Case, e exchange.Envelope, hash proof.Hash) (proof.Signed, error) {
	if known.ID == "" {
		return proof.Signed{}, errs.New(errs.NotInOrder, "case %s is not here", e.Case)
	}
	var w original.Word
	if proof.Unmarshal(e.Private, &w) != nil || w.ID != e.ID || !w.At.Equal(e.At) {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	have, err := p.Store.Originals(ctx, e.Case)
	if err != nil {
		return proof.Signed{}, err
	}
	now, changed, err := w.Arrived(have, known, e.From, p.Kit.Me, p.Kit.Trust())
	switch {
	case errs.Is(err, errs.NotInOrder):
		return proof.Signed{}, err
	case err != nil:
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	for _, s := range w.Sheets() {
		doc, err := document.Read(s)
		if err != nil {
			return proof.Signed{}, err
		}
		u.Papers = append(u.Papers, unit.PaperOf(e.Case, doc, s, u.At))
	}
	if changed {
		u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.Act, At: u.At, Case: e.Case, Who: string(e.From), What: "originals.told"})
		p.Kit.KeepOriginals(u, known, have, now, w.ID)
	}
	return p.receipt(e, hash, exchange.Noted, "", u.At)
}
