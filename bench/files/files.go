// Go: as many goroutines as reads are to be under way. Each takes the number of the next read,
// makes it, and so on.
//
//	files-go --file PATH --mode seq|random --reads R [--depth 32] [--direct]
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const blockSize = 4096

// randomNumber is number index of the row that the generator splitmix64 makes.
func randomNumber(index uint64) uint64 {
	bits := (index + 1) * 0x9e3779b97f4a7c15
	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb
	return bits ^ (bits >> 31)
}

// run is one measurement.
type run struct {
	file     *os.File
	blocks   uint64
	reads    int64
	random   bool
	next     int64  // the read that nobody has taken yet
	checksum uint64 // the sum of the first word of every block
	all      sync.WaitGroup
}

func (r *run) offset(index int64) int64 {
	block := uint64(index)
	if r.random {
		block = randomNumber(block)
	}
	return int64(block%r.blocks) * blockSize
}

// alignedBlock is a buffer that begins where the disk wants it to.
func alignedBlock() []byte {
	room := make([]byte, 2*blockSize)
	past := int(uintptr(unsafe.Pointer(&room[0])) % blockSize)
	return room[blockSize-past:][:blockSize]
}

func (r *run) readBlocks() {
	defer r.all.Done()
	buffer := alignedBlock()
	sum := uint64(0)
	for {
		index := atomic.AddInt64(&r.next, 1) - 1
		if index >= r.reads {
			break
		}
		if _, err := r.file.ReadAt(buffer, r.offset(index)); err != nil {
			fmt.Fprintln(os.Stderr, "files-go: a read has failed:", err)
			os.Exit(1)
		}
		sum += binary.LittleEndian.Uint64(buffer)
	}
	atomic.AddUint64(&r.checksum, sum)
}

// cpuTime is what the process has used of the processor, user and system.
func cpuTime() time.Duration {
	const processClock = 2 // CLOCK_PROCESS_CPUTIME_ID
	var used syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, processClock, uintptr(unsafe.Pointer(&used)), 0)
	return time.Duration(used.Nano())
}

func open(path string, direct bool) (*os.File, uint64) {
	flags := os.O_RDONLY
	if direct {
		flags |= syscall.O_DIRECT
	}
	file, err := os.OpenFile(path, flags, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "files-go:", err)
		os.Exit(1)
	}
	status, err := file.Stat()
	if err != nil || status.Size() < blockSize {
		fmt.Fprintln(os.Stderr, "files-go:", path, "is smaller than a block")
		os.Exit(1)
	}
	return file, uint64(status.Size()) / blockSize
}

func main() {
	path := flag.String("file", "", "the file, as files-make makes it")
	mode := flag.String("mode", "", "seq or random")
	reads := flag.Int64("reads", 0, "how many")
	depth := flag.Int("depth", 32, "how many are under way at any time")
	direct := flag.Bool("direct", false, "past the page cache")
	flag.Parse()
	if *path == "" || (*mode != "seq" && *mode != "random") || *reads < 1 || *depth < 1 ||
		flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if *mode == "seq" {
		*depth = 1
	}
	r := run{reads: *reads, random: *mode == "random"}
	r.file, r.blocks = open(*path, *direct)

	start, cpu := time.Now(), cpuTime()
	r.all.Add(*depth)
	for slot := 0; slot < *depth; slot++ {
		go r.readBlocks()
	}
	r.all.Wait()
	cpu = cpuTime() - cpu
	wall := time.Since(start).Seconds()

	fmt.Printf(`{"peer":"go","mode":"%s","depth":%d,"direct":%t,"reads":%d,"seconds":%.4f,`+
		`"cpu_us_per_read":%.3f,"reads_per_second":%.0f,"checksum":"%016x"}`+"\n",
		*mode, *depth, *direct, r.reads, wall,
		float64(cpu)/1e3/float64(r.reads), float64(r.reads)/wall, r.checksum)
}
