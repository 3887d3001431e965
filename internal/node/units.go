package node

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/party"
	"tongban/internal/handling/empower"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
)

// firms is the business licences that this node issued, as they prove a unit and its legal representative.
type firms struct{ n *Node }

var _ empower.Wallet = firms{}

// unitCode is the kind of a number that is a 统一社会信用代码 (GA/T 2000.156 as licences use it).
const unitCode = "001"

// Firms lists the business licences in somebody's wallet. Each was verified when it was read, and stands by the register.
func (f firms) Firms(ctx context.Context, who party.Person) ([]empower.Licence, error) {
	w := f.n.wallet()
	mine, err := w.Mine(ctx, who)
	var out []empower.Licence
	for _, o := range mine {
		face := map[string]string{}
		for _, field := range o.Record.Fields {
			face[field.Key] = field.Value
		}
		code, bad := idno.ParseUSCC(o.Record.Holder.Code)
		if o.Record.Holder.CodeType != unitCode || face["legal_rep"] == "" || bad != nil {
			continue
		}
		if face["address"] == "" { // as the registers name it
			face["address"] = face["domicile"]
		}
		face["name"], face["uscc"] = o.Record.Holder.Name, string(code)
		out = append(out, empower.Licence{
			ID: o.Record.ID, Org: party.Org{Name: o.Record.Holder.Name, USCC: code}, Representative: face["legal_rep"], Face: face,
			InForce: o.Life.Stands() == nil && o.Record.ValidOn(w.Today()) == nil,
		})
	}
	return out, err
}

// Stands reports whether a licence of this node, or the version that took its place, is in force today.
func (f firms) Stands(ctx context.Context, id string) (bool, error) {
	id, err := f.newest(ctx, id)
	if err != nil {
		return false, err
	}
	p, err := f.n.Store.Licence(ctx, id)
	if errs.Is(err, errs.Missing) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	l, err := licence.Verify(p.Signed, f.n.Trust.List())
	if err != nil {
		return false, err
	}
	life, err := f.n.Store.Life(ctx, id)
	if err != nil {
		return false, err
	}
	return life.Stands() == nil && l.ValidOn(f.n.wallet().Today()) == nil, nil
}

// newest follows a licence to the version that took its place, as the issuer's signed acts tell.
func (f firms) newest(ctx context.Context, id string) (string, error) {
	for {
		facts, err := f.n.Store.LicenceFacts(ctx, id)
		if err != nil {
			return "", err
		}
		state, acts, err := licence.History(id, facts, f.n.Trust.List())
		if err != nil || state != licence.Replaced {
			return id, err
		}
		id = acts[len(acts)-1].Other // of a higher version, so this ends
	}
}

// lets reports whether who made a case for somebody else may still go on with it.
func (n *Node) lets(ctx context.Context, c casefile.Case) bool {
	return n.Units.Sees(ctx, c.MadeBy(), c) == nil
}
