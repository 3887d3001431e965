// Package sim holds the simulation (architecture §7): provinces as real nodes in one process, over memchan, on SQLite
// files, through weeks of virtual time and every fault that the rules of §2 must survive. It is made of tests only.
//
// One goroutine plays everything. Nodes are turned with node.Tick and start nothing, each has a business clock of its
// own, and all choices come from one seed, so a seed gives the same trace each time:
//
//	make sim SEEDS=1 SEED=n
package sim
