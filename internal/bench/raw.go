package bench

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

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

// rawRate is how many life cycles a second the signatures and packets alone would allow on all cores, nothing stored.
func rawRate(during time.Duration) (float64, error) {
	keys := gm.MemoryKeys()
	sign, err := keys.SignKey("sign")
	if err != nil {
		return 0, err
	}
	decrypt, err := keys.DecryptKey("encrypt")
	if err != nil {
		return 0, err
	}
	signer, body := proof.NewSigner(sign), make([]byte, lifeBytes)
	one := func() error {
		var s proof.Signed
		for range lifeSigns {
			if s, err = signer.Sign("fact", body); err != nil {
				return err
			}
		}
		for range lifeChecks {
			if err := proof.Check(s, "fact", sign.Public()); err != nil {
				return err
			}
		}
		for range lifeWraps {
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
