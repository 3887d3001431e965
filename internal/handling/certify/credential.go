package certify

import (
	"context"
	"fmt"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Tokens signs credentials and status lists.
type Tokens struct {
	ES256 *jws.Signer // for every wallet and reader
	SM2   *jws.Signer // for readers inside the federation
}

// me is the node's own entry in the trust list.
func (s *Issuer) me() (office.Node, error) {
	n, ok := s.Kit.Trust().Node(s.Kit.Me)
	if !ok {
		return office.Node{}, errs.New(errs.UnknownNode, "%s is not on the trust list", s.Kit.Me)
	}
	return n, nil
}

// listURI names a status list.
func listURI(n office.Node, list int64) string {
	return fmt.Sprintf("%s/status/%d", licence.IssuerID(n), list)
}

// Credential makes a licence of this node into a credential for a bearer's key (nil: bound to nobody), with its place in the
// status list. Only a licence in force is made into one. Errors: errs.NoSuchLicence for a licence of another node,
// errs.LicenceSuspended, errs.LicenceRevoked.
func (s *Issuer) Credential(ctx context.Context, record proof.Signed, alg jws.Alg, holder *jws.Key, bearer licence.Holder) (string, error) {
	l, err := licence.Verify(record, s.Kit.Trust())
	if err != nil {
		return "", err
	}
	life, err := s.Register.Life(ctx, l.ID)
	if errs.Is(err, errs.Missing) {
		return "", errs.New(errs.NoSuchLicence, "%s was not issued here", l.ID)
	}
	if err != nil {
		return "", err
	}
	if err := life.Stands(); err != nil {
		return "", err
	}
	n, err := s.me()
	if err != nil {
		return "", err
	}
	signer := s.Tokens.ES256
	if alg == jws.SM2 {
		signer = s.Tokens.SM2
	}
	return licence.Credential(signer, l, n, licence.Binding{
		Holder: holder, Bearer: bearer, Status: &statuslist.Ref{URI: listURI(n, life.List), Idx: life.Idx}, At: s.Kit.Now(),
	})
}

// StatusToken signs a status list as it stands. Its time is business time, as that of the licences in it. errs.Missing for a list
// that was never begun.
func (s *Issuer) StatusToken(ctx context.Context, list int64) (string, error) {
	places, err := s.Register.StatusList(ctx, list)
	if err != nil {
		return "", err
	}
	n, err := s.me()
	if err != nil {
		return "", err
	}
	l := statuslist.New(listSize, listBits)
	for idx, state := range places {
		if err := l.Set(idx, state.Status()); err != nil {
			return "", err
		}
	}
	return statuslist.Sign(s.Tokens.ES256, listURI(n, list), l, s.Kit.Now())
}
