package node

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"tongban/catalogue"
	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/face/wallet"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

func (n *Node) issuer(keys gm.KeyProvider) (*certify.Issuer, error) {
	es, err := keys.ES256Key("es256")
	if err != nil {
		return nil, err
	}
	sm, err := keys.SignKey("sign")
	if err != nil {
		return nil, err
	}
	types, err := licence.LoadTypes(catalogue.FS)
	if err != nil {
		return nil, err
	}
	reasons, err := licence.LoadReasons(catalogue.FS)
	if err != nil {
		return nil, err
	}
	return &certify.Issuer{
		Kit: n.Kit, Store: n.Store, Register: n.Store, Tokens: certify.Tokens{ES256: jws.NewES256(es), SM2: jws.NewSM2(sm)},
		Types: types, Reasons: reasons,
	}, nil
}

// expireAtOnce bounds the licences that one turn ends.
const expireAtOnce = 64

// expire ends the licences whose last day is over; once a day has nothing left, it is not looked at again.
func (n *Node) expire(ctx context.Context) (int, error) {
	today := workday.DateOf(n.Kit.Now()).String()
	if done, _ := n.expired.Load().(string); done == today {
		return 0, nil
	}
	over, err := n.Issuer.Expire(ctx, expireAtOnce)
	if err == nil && over == 0 {
		n.expired.Store(today)
	}
	return over, err
}

// keepStatus is how long a signed status list is answered again before it is made anew: a suspension shows within that time,
// and a crowd of readers costs one signature.
const keepStatus = 2 * time.Second

// statusDesk serves what readers of credentials fetch: status lists and the issuer's keys. It asks nobody who they are.
type statusDesk struct {
	n  *Node
	mu sync.Mutex // guards kept
	// kept are the lists signed last, by number.
	kept map[int64]keptList
}

type keptList struct {
	token string
	until time.Time // security time
}

func (s *statusDesk) list(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.ParseInt(r.PathValue("list"), 10, 64)
	if err != nil || number < 1 {
		http.NotFound(w, r)
		return
	}
	token, err := s.token(r.Context(), number)
	switch {
	case errs.Is(err, errs.Missing):
		http.NotFound(w, r)
		return
	case err != nil:
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", statuslist.MediaType)
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(keepStatus/time.Second)))
	h.Set("Access-Control-Allow-Origin", "*") // readers are pages of other places too
	_, _ = w.Write([]byte(token))             // a reader who went away is no error of ours
}

func (s *statusDesk) token(ctx context.Context, list int64) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.kept[list]; ok && time.Now().Before(k.until) {
		return k.token, nil
	}
	token, err := s.n.Issuer.StatusToken(ctx, list)
	if err == nil {
		s.kept[list] = keptList{token, time.Now().Add(keepStatus)}
	}
	return token, err
}

// keys is /.well-known/jwt-vc-issuer (SD-JWT VC §5): who issues here and with what key.
func (s *statusDesk) keys(w http.ResponseWriter, _ *http.Request) {
	me, ok := s.n.Trust.List().Node(s.n.ID)
	if !ok || len(me.ES256) == 0 {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	key := jws.Key{Alg: jws.ES256, Pub: me.ES256}
	j := key.JWK()
	j.Alg, j.Use, j.Kid = jws.ES256, "sig", key.ID()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Access-Control-Allow-Origin", "*")
	_ = json.NewEncoder(w).Encode(map[string]any{"issuer": licence.IssuerID(me), "jwks": map[string]any{"keys": []jws.JWK{j}}}) // see above
}

// wallet is what people hold that this node issued.
func (n *Node) wallet() *certify.Wallet {
	return &certify.Wallet{Issuer: n.Issuer, Store: n.Store, Secure: time.Now}
}

// licencesOf lists a person's licences here for another province's page.
func (n *Node) licencesOf(ctx context.Context, who party.Person) ([]elsewhere.Licence, error) {
	mine, err := n.wallet().Mine(ctx, who)
	var out []elsewhere.Licence
	for _, o := range mine {
		out = append(out, wallet.Line(o))
	}
	return out, err
}

// licencesElsewhere asks the other provinces what a visitor holds there.
func (n *Node) licencesElsewhere(p *oidc.Party) func(context.Context, page.Visitor) ([]elsewhere.Licence, []office.NodeID, error) {
	a := n.asker(p)
	return func(ctx context.Context, v page.Visitor) ([]elsewhere.Licence, []office.NodeID, error) {
		return a.Licences(ctx, v.Grant)
	}
}
