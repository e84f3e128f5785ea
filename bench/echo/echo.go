// Go: a goroutine for each client. GOMAXPROCS says how many threads run them.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"sync/atomic"
)

var (
	port     = flag.Uint("port", 0, "at 127.0.0.1; 0: the kernel picks one")
	buffer   = flag.Uint("buffer", 65536, "bytes that one receive may take")
	requests = flag.Uint64("requests", 0, "ends after so many requests of --size bytes; 0: never")
	size     = flag.Uint64("size", 0, "bytes of a request, for --requests")
	sent     uint64 // bytes, to all clients
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Go sets TCP_NODELAY by itself.
func echo(client net.Conn) {
	defer client.Close()
	data := make([]byte, *buffer)
	for {
		count, err := client.Read(data)
		if err != nil {
			return
		}
		if _, err := client.Write(data[:count]); err != nil {
			return
		}
		total := atomic.AddUint64(&sent, uint64(count))
		if *requests > 0 && total >= *requests**size {
			os.Exit(0)
		}
	}
}

func main() {
	flag.Parse()
	if flag.NArg() > 0 || *port > 65535 || *buffer == 0 || (*requests == 0) != (*size == 0) {
		flag.Usage()
		os.Exit(2)
	}
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		fail(err)
	}
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		client, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		go echo(client)
	}
}
