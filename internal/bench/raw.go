package bench

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"tongban/internal/adapter/natschan"
	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// The signature and encryption work of one life cycle, counted in the code: every fact, paper,
// envelope and receipt is signed once and checked where it arrives; a packet is wrapped once for each crossing.
const (
	lifeSigns  = 6 + 4 + 5 + 5 // facts, papers (with the licence), envelopes, receipts
	lifeChecks = 6 + 3 + 5 + 5 // facts and papers that cross, envelopes, receipts
	lifeWraps  = 5             // packets, if each carries one envelope
	lifeBytes  = 2048          // of what is signed or wrapped, about the mean
)

// work is signature and encryption work.
type work struct{ signs, checks, wraps, bytes int }

var lifeWork = work{lifeSigns, lifeChecks, lifeWraps, lifeBytes}

// rawRate is how much of the work a second all cores do, nothing stored.
func rawRate(during time.Duration, of work) (float64, error) {
	keys := gm.MemoryKeys()
	sign, err := keys.SignKey("sign")
	if err != nil {
		return 0, err
	}
	decrypt, err := keys.DecryptKey("encrypt")
	if err != nil {
		return 0, err
	}
	signer, body := proof.NewSigner(sign), make([]byte, of.bytes)
	s, err := signer.Sign("fact", body)
	if err != nil {
		return 0, err
	}
	one := func() error {
		for range of.signs {
			if _, err := signer.Sign("fact", body); err != nil {
				return err
			}
		}
		for range of.checks {
			if err := proof.Check(s, "fact", sign.Public()); err != nil {
				return err
			}
		}
		for range of.wraps {
			w, err := proof.Wrap(decrypt.Public(), body, nil)
			if err != nil {
				return err
			}
			if _, err := proof.Unwrap(decrypt, w, nil); err != nil {
				return err
			}
		}
		return nil
	}
	return onAllCores(during, one)
}

// onAllCores repeats do on every core for a while and gives the number a second.
func onAllCores(during time.Duration, do func() error) (float64, error) {
	var n atomic.Int64
	var wg sync.WaitGroup
	var failed failure
	begun := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for time.Since(begun) < during && !failed.is() {
				if err := do(); err != nil {
					failed.set(err)
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / time.Since(begun).Seconds(), failed.err()
}

// The signature and encryption work of one exchange as it would be one by one: question and answer are signed; question, status,
// opening, receipt, consent and answer are checked; one envelope.
const (
	askSigns  = 2
	askChecks = 6
	askWraps  = 1
)

// answerSize is what an answer is made of in the measurement of the channel alone, in bytes.
const answerSize = 1024

// rawExchange says what the parts of an exchange cost by themselves on this machine, and gives the rate that the signatures
// and envelopes would allow on all cores. size is that of a question in its envelope, in bytes.
func rawExchange(ctx context.Context, during time.Duration, size int, say func(string, ...any)) (float64, error) {
	cores := float64(runtime.GOMAXPROCS(0))
	cost := func(of work) (float64, error) { // in microseconds of one core
		of.bytes = size
		rate, err := rawRate(during/4, of)
		return cores * 1e6 / rate, err
	}
	sign, err1 := cost(work{signs: 1})
	check, err2 := cost(work{checks: 1})
	wrap, err3 := cost(work{wraps: 1})
	limit, err4 := rawRate(during, work{askSigns, askChecks, askWraps, size})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return 0, err
	}
	say("SM2 alone, %d bytes: sign %.0f µs, check %.0f µs, wrap and unwrap %.0f µs; %d signed, %d checked and %d envelope for each exchange: %.0f/s on all cores",
		size, sign, check, wrap, askSigns, askChecks, askWraps, limit)
	n, q, err := rawChannel(ctx, during, size)
	say("NATS request-reply alone, %d bytes there and %d back, 4 at once: %.0f/s, p50 %.2f ms, p99 %.2f ms", size, answerSize, n, ms(q[0]), ms(q[1]))
	return limit, err
}

// rawChannel is how many requests a second the channel alone takes from one node to another, with p50 and p99.
func rawChannel(ctx context.Context, during time.Duration, size int) (_ float64, _ []time.Duration, err error) {
	var nodes []natschan.Node
	seeds := map[office.NodeID][]byte{}
	for _, id := range []office.NodeID{receiving, deciding} {
		seed, public, err := natschan.NewNKey()
		if err != nil {
			return 0, nil, err
		}
		seeds[id], nodes = seed, append(nodes, natschan.Node{ID: id, NKey: public})
	}
	server, err := natschan.NewServer(natschan.ServerConfig{Name: "raw", Nodes: nodes})
	if err != nil {
		return 0, nil, err
	}
	defer server.Close()
	answer := make([]byte, answerSize)
	clients := map[office.NodeID]*natschan.Client{}
	for id, seed := range seeds {
		c, err := natschan.Connect(natschan.Config{Me: id, Seed: seed, Server: server, Receiver: func(context.Context, handover.Message) ([]byte, error) { return answer, nil }})
		if err != nil {
			return 0, nil, err
		}
		defer c.Close()
		if err := c.Ready(ctx); err != nil {
			return 0, nil, err
		}
		clients[id] = c
	}
	body := make([]byte, size)
	r, err := saturate(ctx, func(ctx context.Context, _ func(int, time.Duration)) error {
		_, err := clients[deciding].Send(ctx, receiving, handover.Message{From: deciding, Kind: "raw", Body: body})
		return err
	}, nil, 4, during, func() {}, func() {})
	if err != nil {
		return 0, nil, err
	}
	return r.perSecond(), r.lives.at(0.5, 0.99), nil
}
