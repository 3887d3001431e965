package hub

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// TypRequest is the type of a signed request to join.
const TypRequest = "enrol-request"

// Request is what a new province sends: its entry for the trust list, and the public key that its TLS certificate is to be
// made for. It is signed with the node's own key, which proves possession.
type Request struct {
	Node   office.Node `json:"node"`
	TLSKey []byte      `json:"tls_key"` // PKIX, P-256
}

// Enrolment is a request with the code that the operator gave for it.
type Enrolment struct {
	Code    string       `json:"code"`
	Request proof.Signed `json:"request"`
	// CoSign is the new node's own signature over the list that the first call proposed, on the second call.
	CoSign *proof.Signed `json:"co_sign,omitempty"`
}

// Welcome is the hub's answer. If Proposal is set, Trust is not in force yet: the new node looks at it, signs it and calls
// again. Its signature makes the list one that also stands by itself, without the list before it.
type Welcome struct {
	Trust    office.SignedTrust `json:"trust"`
	Proposal bool               `json:"proposal,omitempty"`
	Operator []byte             `json:"operator"` // the operator's public key; compare its fingerprint by telephone
	Cert     []byte             `json:"cert"`     // PEM, for TLS on the channel
	Roots    []byte             `json:"roots"`    // PEM
	Channel  []string           `json:"channel"`  // addresses of the channel
}

// certLife is how long a node's channel certificate is good.
const certLife = 398 * 24 * time.Hour

// Enrol takes a province into the federation: its certificate, its place on the trust list, its door on the channel. The
// new list is in force once the operator, the new member and more than half of the present members have signed it; members
// sign by themselves a list that only adds. It returns errs.EnrolRefused for a wrong code and errs.TrustTooFew if too few
// members can be reached; the code stays good then.
func (h *Hub) Enrol(ctx context.Context, in Enrolment) (Welcome, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var r Request
	if err := in.Request.Into(&r); err != nil {
		return Welcome{}, err
	}
	if err := proof.Check(in.Request, TypRequest, r.Node.Sign); err != nil {
		return Welcome{}, err
	}
	if err := h.settings.admit(ctx, r.Node.ID, in.Code); err != nil {
		return Welcome{}, err
	}
	o, err := h.offer(in.Request.Hash(), r)
	if err != nil {
		return Welcome{}, err
	}
	w := Welcome{
		Operator: h.operator.Public(), Cert: natschan.CertPEM(o.cert), Roots: h.roots, Channel: h.cfg.Channel, Trust: o.trust,
	}
	if in.CoSign == nil {
		w.Proposal = true
		return w, nil
	}
	w.Trust.CoSigned = []proof.Signed{*in.CoSign}
	body, err := proof.Marshal(w.Trust)
	if err != nil {
		return Welcome{}, err
	}
	h.collect(ctx, &w.Trust, h.Trust.List(), "trust", body)
	if err := h.Trust.Install(ctx, w.Trust, h.settings); err != nil {
		return Welcome{}, err
	}
	clear(h.offers)
	if err := h.settings.spend(r.Node.ID); err != nil {
		return Welcome{}, err
	}
	if h.server != nil {
		if err := h.server.Allow(natschan.Node{ID: r.Node.ID, NKey: r.Node.NKey}); err != nil {
			return Welcome{}, err
		}
	}
	h.spread(ctx, w.Trust)
	return w, nil
}

// offer is what a request was answered with; the second call gets the same, so that it can be signed.
type offer struct {
	cert  []byte
	trust office.SignedTrust
}

func (h *Hub) offer(request proof.Hash, r Request) (offer, error) {
	if o, ok := h.offers[request]; ok {
		return o, nil
	}
	cert, err := h.certify(&r)
	if err != nil {
		return offer{}, err
	}
	trust, err := h.propose(r.Node)
	if err != nil {
		return offer{}, err
	}
	o := offer{cert, trust}
	h.offers[request] = o
	return o, nil
}

// certify makes the node's certificate and notes its hash in the request's entry.
func (h *Hub) certify(r *Request) ([]byte, error) {
	public, err := x509.ParsePKIXPublicKey(r.TLSKey)
	if err != nil {
		return nil, errs.Wrap(errs.BadRequest, err, "TLS key of %s", r.Node.ID)
	}
	key, ok := public.(*ecdsa.PublicKey)
	if !ok {
		return nil, errs.New(errs.BadRequest, "TLS key of %s is a %T", r.Node.ID, public)
	}
	now := time.Now()
	cert, err := h.ca.Issue(key, natschan.Leaf{Name: string(r.Node.ID), From: now.Add(-time.Hour), Until: now.Add(certLife)})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(cert)
	r.Node.TLS = sum[:]
	return cert, nil
}

// propose is the present list with one entry added or replaced, signed by the operator.
func (h *Hub) propose(n office.Node) (office.SignedTrust, error) {
	have := h.Trust.List()
	next := &office.TrustList{Version: have.Version + 1, Issued: time.Now().UTC().Truncate(time.Second)}
	next.Nodes = slices.Clone(have.Nodes)
	if i := slices.IndexFunc(next.Nodes, func(o office.Node) bool { return o.ID == n.ID }); i >= 0 {
		next.Nodes[i] = n
	} else {
		next.Nodes = append(next.Nodes, n)
	}
	if _, ok := next.Node(office.Hub); !ok {
		next.Nodes = append(next.Nodes, h.entry)
	}
	return office.SignTrust(h.operator, next)
}

// collect asks the present members for their signatures, with a message of that kind, until more than half have given it.
func (h *Hub) collect(ctx context.Context, s *office.SignedTrust, have *office.TrustList, kind string, body []byte) {
	if h.channel == nil {
		return
	}
	given := 0
	for _, n := range have.Nodes {
		if !n.ID.Member() || 2*given > have.Members() {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		raw, err := h.channel.Send(ctx, n.ID, handover.Message{From: office.Hub, Kind: kind, Body: body})
		cancel()
		var signed proof.Signed
		if err == nil && proof.Unmarshal(raw, &signed) == nil {
			s.CoSigned = append(s.CoSigned, signed)
			given++
		}
	}
}

// spread gives the list in force to every member at once; who is away asks for it later.
func (h *Hub) spread(ctx context.Context, s office.SignedTrust) {
	body, err := proof.Marshal(s)
	if err != nil || h.channel == nil {
		return
	}
	for _, n := range h.Trust.List().Nodes {
		if n.ID.Member() {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			_, err := h.channel.Send(ctx, n.ID, handover.Message{From: office.Hub, Kind: "trust", Body: body})
			cancel()
			if err != nil {
				h.log.LogAttrs(ctx, levelDebug, "trust list not delivered", attrNode(n.ID))
			}
		}
	}
}

// askTimeout bounds one question to one member.
const askTimeout = 3 * time.Second
