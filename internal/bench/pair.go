package bench

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/adapter/sqlstore/sqlload"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/nation"
	"tongban/internal/node"
)

// province is one of the two nodes under measurement.
type province struct {
	*node.Node

	dsn, schema string
	member      nation.Member
	post        *watched
	window      casefile.Actor // who takes in and delivers
	officer     casefile.Actor // who accepts, decides and issues
}

// pair is a receiving and a deciding province with the channel between them, wired as `tongban demo` wires them: the NATS
// server stands in this process, everything else is what a province runs.
type pair struct {
	opts        Options
	server      *natschan.Server
	operator    []byte
	trust       office.SignedTrust
	sample      sample
	database    int // process of the PostgreSQL server, 0 if there is none on this machine
	here, there *province
	more        []*province    // that are part of the federation and take no part in what is measured
	idp         gm.KeyProvider // of the identity provider
}

func (p *pair) all() []*province { return append([]*province{p.here, p.there}, p.more...) }

// The province codes of the two.
const (
	receiving office.NodeID = "23"
	deciding  office.NodeID = "63"
)

func newPair(ctx context.Context, o Options, more ...office.NodeID) (*pair, error) {
	p := &pair{opts: o, idp: gm.MemoryKeys()}
	for _, id := range append([]office.NodeID{receiving, deciding}, more...) { // what an earlier run left is under keys that are gone
		if err := sqlload.Drop(ctx, o.DSN, "bench_"+string(id)); err != nil {
			return nil, err
		}
	}
	var err error
	if p.sample, err = readSample(); err != nil {
		return nil, err
	}
	regions, err := region.Default()
	if err != nil {
		return nil, err
	}
	var members []nation.Member
	var nodes []natschan.Node
	for _, r := range regions.Provinces() {
		id := office.NodeID(r.Code.Province())
		if id != receiving && id != deciding && !slices.Contains(more, id) {
			continue
		}
		m := nation.Member{ID: id, Place: r, Keys: gm.MemoryKeys()}
		if m.Seed, m.NKey, err = natschan.NewNKey(); err != nil {
			return nil, err
		}
		members = append(members, m)
		nodes = append(nodes, natschan.Node{ID: id, NKey: m.NKey})
	}
	operator := gm.MemoryKeys()
	provider := nation.Member{ID: office.IDP, Place: region.Region{Name: "idp", En: "idp"}, Keys: p.idp}
	if p.trust, err = nation.Found(operator, append(slices.Clone(members), provider), time.Now()); err != nil {
		return nil, err
	}
	key, err := operator.SignKey("operator")
	if err != nil {
		return nil, err
	}
	p.operator = key.Public()
	if p.server, err = natschan.NewServer(natschan.ServerConfig{Name: "bench", Nodes: nodes}); err != nil {
		return nil, err
	}
	for _, m := range members {
		switch v := p.province(m); m.ID { //nolint:exhaustive // no other member has a part of its own
		case receiving:
			p.here = v
		case deciding:
			p.there = v
		default:
			p.more = append(p.more, v)
		}
	}
	if err := p.open(ctx); err != nil {
		p.server.Close()
		return nil, err
	}
	return p, nil
}

func (p *pair) province(m nation.Member) *province {
	out := &province{member: m, dsn: p.opts.DSN, schema: "bench_" + string(m.ID)}
	if p.opts.DSN == "sqlite" {
		out.dsn = "sqlite:" + filepath.Join(p.opts.Dir, string(m.ID)+".db")
	}
	return out
}

// open opens all nodes on their stores and starts their wheels.
func (p *pair) open(ctx context.Context) error {
	for _, v := range p.all() {
		if err := p.start(ctx, v); err != nil {
			return errors.Join(err, p.stop())
		}
	}
	var err error
	if p.here.window, err = p.actor(p.here, p.sample.Here, office.Window); err != nil {
		return errors.Join(err, p.stop())
	}
	if p.there.officer, err = p.actor(p.there, p.sample.There, office.Reviewer, office.Decider); err != nil {
		return errors.Join(err, p.stop())
	}
	return nil
}

func (p *pair) start(ctx context.Context, v *province) error {
	trust, err := federate.NewTrust(p.operator, &p.trust)
	if err != nil {
		return err
	}
	v.Node, err = node.Open(ctx, node.Config{
		ID: v.member.ID, Dir: filepath.Join(p.opts.Dir, string(v.member.ID)), Keys: v.member.Keys, Trust: trust,
		Store: sqlstore.Options{Config: sqlstore.Config{DSN: v.dsn, Schema: v.schema, WriteConns: p.opts.Writers}},
		Join: func(r handover.Receiver) (handover.Channel, func(), error) {
			c, err := natschan.Connect(natschan.Config{Me: v.member.ID, Seed: v.member.Seed, Server: p.server, Receiver: r})
			if err != nil {
				return nil, nil, err
			}
			return c, c.Close, c.Ready(ctx)
		},
	})
	if err != nil {
		return err
	}
	v.post = watch(v.Post.Store)
	v.Post.Store = v.post
	return v.Start(ctx)
}

func (p *pair) actor(v *province, place string, roles ...office.Role) (casefile.Actor, error) {
	code, err := region.Parse(place)
	if err != nil {
		return casefile.Actor{}, err
	}
	o, err := v.Kit.OfficeAt(code)
	return casefile.Actor{ID: "officer-" + place, Office: o.Code, Node: v.ID, Roles: roles}, err
}

// stop ends all nodes; their data stay.
func (p *pair) stop() error {
	var err error
	for _, v := range p.all() {
		if v.Node != nil {
			err = errors.Join(err, v.Stop())
			v.Node = nil
		}
	}
	return err
}

// close ends everything.
func (p *pair) close() error {
	err := p.stop()
	p.server.Close()
	return err
}

// settled waits until both logs are hashed to their end.
func (p *pair) settled(ctx context.Context) error {
	for _, v := range []*province{p.here, p.there} {
		for {
			n, _, err := v.Store.LogWaiting(ctx)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return nil
}
