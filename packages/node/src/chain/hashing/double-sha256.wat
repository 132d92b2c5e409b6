;; SHA-256 twice (FIPS 180-4) of every transaction of a block, four at a time: lane l of each 128-bit value belongs to
;; message l. Lanes take the next message as soon as theirs is done, so that no lane waits for a longer one.
;;
;; The memory, all of it, and nothing is ever allocated. The caller reads the exported addresses.
;;       0  the 64 round constants
;;     320  state: eight words of four lanes
;;     448  per lane: address of its next 64 bytes
;;     464  per lane: how many blocks of 64 bytes are left there
;;     480  per lane: how many blocks its tail still has
;;     496  per lane: which message; -1 where there is none
;;     512  schedule: 64 words of four lanes
;;    1536  tails: per lane the last bytes of its message and the padding, two blocks
;;    2048  layouts of the transactions: start, inputs, end of outputs, end (offsets in the block), 4,096 at most
;;   67584  their txids, 32 bytes each
;;  198656  SHA-256 of their txids, 32 bytes each
;;  329728  the block, 4,000,000 bytes at most; it is changed
(module
  (memory (export "memory") 67 67)
  (global (export "layouts") i32 (i32.const 2048))
  (global (export "txids") i32 (i32.const 67584))
  (global (export "hashedTxids") i32 (i32.const 198656))
  (global (export "block") i32 (i32.const 329728))
  (global (export "maxTransactions") i32 (i32.const 4096))
  (global (export "maxBytes") i32 (i32.const 4000000))

  (data (i32.const 0)
    "\98\2f\8a\42\91\44\37\71\cf\fb\c0\b5\a5\db\b5\e9\5b\c2\56\39\f1\11\f1\59\a4\82\3f\92\d5\5e\1c\ab"
    "\98\aa\07\d8\01\5b\83\12\be\85\31\24\c3\7d\0c\55\74\5d\be\72\fe\b1\de\80\a7\06\dc\9b\74\f1\9b\c1"
    "\c1\69\9b\e4\86\47\be\ef\c6\9d\c1\0f\cc\a1\0c\24\6f\2c\e9\2d\aa\84\74\4a\dc\a9\b0\5c\da\88\f9\76"
    "\52\51\3e\98\6d\c6\31\a8\c8\27\03\b0\c7\7f\59\bf\f3\0b\e0\c6\47\91\a7\d5\51\63\ca\06\67\29\29\14"
    "\85\0a\b7\27\38\21\1b\2e\fc\6d\2c\4d\13\0d\38\53\54\73\0a\65\bb\0a\6a\76\2e\c9\c2\81\85\2c\72\92"
    "\a1\e8\bf\a2\4b\66\1a\a8\70\8b\4b\c2\a3\51\6c\c7\19\e8\92\d1\24\06\99\d6\85\35\0e\f4\70\a0\6a\10"
    "\16\c1\a4\19\08\6c\37\1e\4c\77\48\27\b5\bc\b0\34\b3\0c\1c\39\4a\aa\d8\4e\4f\ca\9c\5b\f3\6f\2e\68"
    "\ee\82\8f\74\6f\63\a5\78\14\78\c8\84\08\02\c7\8c\fa\ff\be\90\eb\6c\50\a4\f7\a3\f9\be\f2\78\71\c6")

  ;; Txids of the first $count layouts, in hash order.
  (func (export "hashTransactions") (param $count i32)
    (local $next i32) (local $live i32) (local $lane i32)
    (loop $fill
      (if (i32.lt_u (local.get $next) (local.get $count))
        (then
          (call $begin (local.get $lane) (local.get $next))
          (local.set $next (i32.add (local.get $next) (i32.const 1))))
        (else (call $idle (local.get $lane))))
      (br_if $fill (i32.lt_u (local.tee $lane (i32.add (local.get $lane) (i32.const 4))) (i32.const 16))))
    (local.set $live (local.get $next))
    (block $done
      (loop $blocks
        (br_if $done (i32.eqz (local.get $live)))
        (call $load_blocks)
        (call $compress)
        (local.set $lane (i32.const 0))
        (loop $lanes
          (if (call $advance (local.get $lane))
            (then
              (if (i32.lt_u (local.get $next) (local.get $count))
                (then
                  (call $begin (local.get $lane) (local.get $next))
                  (local.set $next (i32.add (local.get $next) (i32.const 1))))
                (else
                  (call $idle (local.get $lane))
                  (local.set $live (i32.sub (local.get $live) (i32.const 1)))))))
          (br_if $lanes (i32.lt_u (local.tee $lane (i32.add (local.get $lane) (i32.const 4))) (i32.const 16))))
        (br $blocks)))
    (call $hash_digests (i32.const 67584) (local.get $count)))

  ;; SHA-256 once more of the first $count txids.
  (func (export "hashTxids") (param $count i32)
    (local $at i32)
    (block $done
      (loop $copy
        (br_if $done (i32.ge_u (local.get $at) (i32.shl (local.get $count) (i32.const 5))))
        (v128.store offset=198656 (local.get $at) (call $load_swapped (i32.add (i32.const 67584) (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $copy)))
    (call $hash_digests (i32.const 198656) (local.get $count)))

  ;; Lanes are numbered by the bytes before their word: 0, 4, 8, 12.
  (func $idle (param $lane i32)
    (i32.store offset=496 (local.get $lane) (i32.const -1))
    ;; Its bytes are still loaded with the others'.
    (i32.store offset=448 (local.get $lane) (i32.const 1536)))

  (func $tail_of (param $lane i32) (result i32)
    (i32.add (i32.const 1536) (i32.shl (local.get $lane) (i32.const 5))))

  ;; Gives a lane the transaction of layout $id.
  (func $begin (param $lane i32) (param $id i32)
    (local $layout i32) (local $from i32) (local $to i32) (local $inputs i32) (local $outputs_end i32)
    (local $length i32) (local $rest i32) (local $tail i32) (local $pad i32) (local $tail_blocks i32)
    (local.set $layout (i32.shl (local.get $id) (i32.const 4)))
    (local.set $from (i32.add (i32.const 329728) (i32.load offset=2048 (local.get $layout))))
    (local.set $to (i32.add (i32.const 329728) (i32.load offset=2060 (local.get $layout))))
    ;; Where the inputs are not right behind the version there is a witness (BIP 144), which the txid does not cover:
    ;; the version moves up over marker and flag, the lock time down over the witness.
    (local.set $inputs (i32.add (i32.const 329728) (i32.load offset=2052 (local.get $layout))))
    (if (i32.ne (local.get $inputs) (i32.add (local.get $from) (i32.const 4)))
      (then
        (local.set $outputs_end (i32.add (i32.const 329728) (i32.load offset=2056 (local.get $layout))))
        (i32.store offset=2 (local.get $from) (i32.load (local.get $from)))
        (i32.store (local.get $outputs_end) (i32.load (i32.sub (local.get $to) (i32.const 4))))
        (local.set $from (i32.add (local.get $from) (i32.const 2)))
        (local.set $to (i32.add (local.get $outputs_end) (i32.const 4)))))
    (local.set $length (i32.sub (local.get $to) (local.get $from)))
    (local.set $rest (i32.and (local.get $length) (i32.const 63)))
    ;; The tail: what is left behind the last whole block (and some bytes of whatever follows), then the padding.
    (local.set $tail (call $tail_of (local.get $lane)))
    (local.set $to (i32.sub (local.get $to) (local.get $rest)))
    (v128.store (local.get $tail) (v128.load (local.get $to)))
    (v128.store offset=16 (local.get $tail) (v128.load offset=16 (local.get $to)))
    (v128.store offset=32 (local.get $tail) (v128.load offset=32 (local.get $to)))
    (v128.store offset=48 (local.get $tail) (v128.load offset=48 (local.get $to)))
    (local.set $pad (i32.add (local.get $tail) (local.get $rest)))
    (call $clear_block (local.get $pad))
    (call $clear_block (i32.add (local.get $tail) (i32.const 64)))
    (i32.store8 (local.get $pad) (i32.const 0x80))
    ;; The length needs eight bytes behind the 0x80.
    (local.set $tail_blocks (i32.add (i32.const 1) (i32.ge_u (local.get $rest) (i32.const 56))))
    (i32.store
      (i32.sub (i32.add (local.get $tail) (i32.shl (local.get $tail_blocks) (i32.const 6))) (i32.const 4))
      (call $swap (i32.shl (local.get $length) (i32.const 3))))
    (i32.store offset=496 (local.get $lane) (local.get $id))
    (if (i32.ge_u (local.get $length) (i32.const 64))
      (then
        (i32.store offset=448 (local.get $lane) (local.get $from))
        (i32.store offset=464 (local.get $lane) (i32.shr_u (local.get $length) (i32.const 6)))
        (i32.store offset=480 (local.get $lane) (local.get $tail_blocks)))
      (else
        (i32.store offset=448 (local.get $lane) (local.get $tail))
        (i32.store offset=464 (local.get $lane) (local.get $tail_blocks))
        (i32.store offset=480 (local.get $lane) (i32.const 0))))
    (i32.store offset=320 (local.get $lane) (i32.const 0x6a09e667))
    (i32.store offset=336 (local.get $lane) (i32.const 0xbb67ae85))
    (i32.store offset=352 (local.get $lane) (i32.const 0x3c6ef372))
    (i32.store offset=368 (local.get $lane) (i32.const 0xa54ff53a))
    (i32.store offset=384 (local.get $lane) (i32.const 0x510e527f))
    (i32.store offset=400 (local.get $lane) (i32.const 0x9b05688c))
    (i32.store offset=416 (local.get $lane) (i32.const 0x1f83d9ab))
    (i32.store offset=432 (local.get $lane) (i32.const 0x5be0cd19)))

  ;; One block of a lane is done. 1 where that was its message's last, whose hash is then with the txids, as words.
  (func $advance (param $lane i32) (result i32)
    (local $id i32) (local $left i32) (local $to i32)
    (local.set $id (i32.load offset=496 (local.get $lane)))
    (if (i32.lt_s (local.get $id) (i32.const 0)) (then (return (i32.const 0))))
    (local.set $left (i32.sub (i32.load offset=464 (local.get $lane)) (i32.const 1)))
    (i32.store offset=464 (local.get $lane) (local.get $left))
    (if (local.get $left)
      (then
        (i32.store offset=448 (local.get $lane) (i32.add (i32.load offset=448 (local.get $lane)) (i32.const 64)))
        (return (i32.const 0))))
    (local.set $left (i32.load offset=480 (local.get $lane)))
    (if (local.get $left)
      (then
        (i32.store offset=448 (local.get $lane) (call $tail_of (local.get $lane)))
        (i32.store offset=464 (local.get $lane) (local.get $left))
        (i32.store offset=480 (local.get $lane) (i32.const 0))
        (return (i32.const 0))))
    (local.set $to (i32.shl (local.get $id) (i32.const 5)))
    (i32.store offset=67584 (local.get $to) (i32.load offset=320 (local.get $lane)))
    (i32.store offset=67588 (local.get $to) (i32.load offset=336 (local.get $lane)))
    (i32.store offset=67592 (local.get $to) (i32.load offset=352 (local.get $lane)))
    (i32.store offset=67596 (local.get $to) (i32.load offset=368 (local.get $lane)))
    (i32.store offset=67600 (local.get $to) (i32.load offset=384 (local.get $lane)))
    (i32.store offset=67604 (local.get $to) (i32.load offset=400 (local.get $lane)))
    (i32.store offset=67608 (local.get $to) (i32.load offset=416 (local.get $lane)))
    (i32.store offset=67612 (local.get $to) (i32.load offset=432 (local.get $lane)))
    (i32.const 1))

  ;; The next block of each lane, as the first 16 words of the schedule.
  (func $load_blocks
    (local $p i32) (local $q i32) (local $r i32) (local $s i32) (local $to i32)
    (local.set $p (i32.load (i32.const 448)))
    (local.set $q (i32.load (i32.const 452)))
    (local.set $r (i32.load (i32.const 456)))
    (local.set $s (i32.load (i32.const 460)))
    (local.set $to (i32.const 512))
    (loop $four_words
      (call $transpose (local.get $to) (i32.const 16)
        (call $load_swapped (local.get $p)) (call $load_swapped (local.get $q))
        (call $load_swapped (local.get $r)) (call $load_swapped (local.get $s)))
      (local.set $p (i32.add (local.get $p) (i32.const 16)))
      (local.set $q (i32.add (local.get $q) (i32.const 16)))
      (local.set $r (i32.add (local.get $r) (i32.const 16)))
      (local.set $s (i32.add (local.get $s) (i32.const 16)))
      (br_if $four_words (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 64))) (i32.const 768)))))

  ;; In place: the first $count hashes from $at on are words, and become their SHA-256, in bytes. Up to three behind
  ;; them are hashed with them.
  (func $hash_digests (param $at i32) (param $count i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 5))))
    ;; The padding of 32 bytes is the same for all: 0x80, zeros, 256 bits.
    (call $clear_block (i32.const 640))
    (call $clear_block (i32.const 704))
    (v128.store (i32.const 640) (v128.const i32x4 0x80000000 0x80000000 0x80000000 0x80000000))
    (v128.store (i32.const 752) (v128.const i32x4 256 256 256 256))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (call $transpose (i32.const 512) (i32.const 16)
          (v128.load (local.get $at)) (v128.load offset=32 (local.get $at))
          (v128.load offset=64 (local.get $at)) (v128.load offset=96 (local.get $at)))
        (call $transpose (i32.const 576) (i32.const 16)
          (v128.load offset=16 (local.get $at)) (v128.load offset=48 (local.get $at))
          (v128.load offset=80 (local.get $at)) (v128.load offset=112 (local.get $at)))
        (v128.store (i32.const 320) (v128.const i32x4 0x6a09e667 0x6a09e667 0x6a09e667 0x6a09e667))
        (v128.store (i32.const 336) (v128.const i32x4 0xbb67ae85 0xbb67ae85 0xbb67ae85 0xbb67ae85))
        (v128.store (i32.const 352) (v128.const i32x4 0x3c6ef372 0x3c6ef372 0x3c6ef372 0x3c6ef372))
        (v128.store (i32.const 368) (v128.const i32x4 0xa54ff53a 0xa54ff53a 0xa54ff53a 0xa54ff53a))
        (v128.store (i32.const 384) (v128.const i32x4 0x510e527f 0x510e527f 0x510e527f 0x510e527f))
        (v128.store (i32.const 400) (v128.const i32x4 0x9b05688c 0x9b05688c 0x9b05688c 0x9b05688c))
        (v128.store (i32.const 416) (v128.const i32x4 0x1f83d9ab 0x1f83d9ab 0x1f83d9ab 0x1f83d9ab))
        (v128.store (i32.const 432) (v128.const i32x4 0x5be0cd19 0x5be0cd19 0x5be0cd19 0x5be0cd19))
        (call $compress)
        (call $transpose (local.get $at) (i32.const 32)
          (call $load_swapped (i32.const 320)) (call $load_swapped (i32.const 336))
          (call $load_swapped (i32.const 352)) (call $load_swapped (i32.const 368)))
        (call $transpose (i32.add (local.get $at) (i32.const 16)) (i32.const 32)
          (call $load_swapped (i32.const 384)) (call $load_swapped (i32.const 400))
          (call $load_swapped (i32.const 416)) (call $load_swapped (i32.const 432)))
        (local.set $at (i32.add (local.get $at) (i32.const 128)))
        (br $four))))

  ;; Mixes one block of each lane (the first 16 words of the schedule) into the state.
  (func $compress
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local $x v128) (local $y v128) (local $ab v128) (local $bc v128) (local $k i32) (local $w i32)
    (loop $schedule
      (local.set $x (v128.load offset=528 (local.get $w)))
      (local.set $y (v128.load offset=736 (local.get $w)))
      (v128.store offset=768 (local.get $w)
        (i32x4.add
          (i32x4.add (v128.load offset=512 (local.get $w)) (v128.load offset=656 (local.get $w)))
          (i32x4.add
            (v128.xor
              (v128.xor
                (v128.or (i32x4.shr_u (local.get $x) (i32.const 7)) (i32x4.shl (local.get $x) (i32.const 25)))
                (v128.or (i32x4.shr_u (local.get $x) (i32.const 18)) (i32x4.shl (local.get $x) (i32.const 14))))
              (i32x4.shr_u (local.get $x) (i32.const 3)))
            (v128.xor
              (v128.xor
                (v128.or (i32x4.shr_u (local.get $y) (i32.const 17)) (i32x4.shl (local.get $y) (i32.const 15)))
                (v128.or (i32x4.shr_u (local.get $y) (i32.const 19)) (i32x4.shl (local.get $y) (i32.const 13))))
              (i32x4.shr_u (local.get $y) (i32.const 10))))))
      (br_if $schedule (i32.lt_u (local.tee $w (i32.add (local.get $w) (i32.const 16))) (i32.const 768))))
    (local.set $a (v128.load (i32.const 320)))
    (local.set $b (v128.load (i32.const 336)))
    (local.set $c (v128.load (i32.const 352)))
    (local.set $d (v128.load (i32.const 368)))
    (local.set $e (v128.load (i32.const 384)))
    (local.set $f (v128.load (i32.const 400)))
    (local.set $g (v128.load (i32.const 416)))
    (local.set $h (v128.load (i32.const 432)))
    (local.set $bc (v128.xor (local.get $b) (local.get $c)))
    (loop $rounds
      ;; T1 of the standard: h + Σ1(e) + Ch(e, f, g) + K + W
      (local.set $x
        (i32x4.add
          (i32x4.add
            (i32x4.add (local.get $h) (v128.load32_splat (local.get $k)))
            (v128.load offset=512 (i32.shl (local.get $k) (i32.const 2))))
          (i32x4.add
            (v128.xor (local.get $g) (v128.and (local.get $e) (v128.xor (local.get $f) (local.get $g))))
            (v128.xor
              (v128.xor
                (v128.or (i32x4.shr_u (local.get $e) (i32.const 6)) (i32x4.shl (local.get $e) (i32.const 26)))
                (v128.or (i32x4.shr_u (local.get $e) (i32.const 11)) (i32x4.shl (local.get $e) (i32.const 21))))
              (v128.or (i32x4.shr_u (local.get $e) (i32.const 25)) (i32x4.shl (local.get $e) (i32.const 7)))))))
      ;; T2: Σ0(a) + Maj(a, b, c), which is b ^ ((a ^ b) & (b ^ c)), and this a ^ b is the next round's b ^ c
      (local.set $ab (v128.xor (local.get $a) (local.get $b)))
      (local.set $y
        (i32x4.add
          (v128.xor (local.get $b) (v128.and (local.get $ab) (local.get $bc)))
          (v128.xor
            (v128.xor
              (v128.or (i32x4.shr_u (local.get $a) (i32.const 2)) (i32x4.shl (local.get $a) (i32.const 30)))
              (v128.or (i32x4.shr_u (local.get $a) (i32.const 13)) (i32x4.shl (local.get $a) (i32.const 19))))
            (v128.or (i32x4.shr_u (local.get $a) (i32.const 22)) (i32x4.shl (local.get $a) (i32.const 10))))))
      (local.set $bc (local.get $ab))
      (local.set $h (local.get $g))
      (local.set $g (local.get $f))
      (local.set $f (local.get $e))
      (local.set $e (i32x4.add (local.get $d) (local.get $x)))
      (local.set $d (local.get $c))
      (local.set $c (local.get $b))
      (local.set $b (local.get $a))
      (local.set $a (i32x4.add (local.get $x) (local.get $y)))
      (br_if $rounds (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 4))) (i32.const 256))))
    (v128.store (i32.const 320) (i32x4.add (local.get $a) (v128.load (i32.const 320))))
    (v128.store (i32.const 336) (i32x4.add (local.get $b) (v128.load (i32.const 336))))
    (v128.store (i32.const 352) (i32x4.add (local.get $c) (v128.load (i32.const 352))))
    (v128.store (i32.const 368) (i32x4.add (local.get $d) (v128.load (i32.const 368))))
    (v128.store (i32.const 384) (i32x4.add (local.get $e) (v128.load (i32.const 384))))
    (v128.store (i32.const 400) (i32x4.add (local.get $f) (v128.load (i32.const 400))))
    (v128.store (i32.const 416) (i32x4.add (local.get $g) (v128.load (i32.const 416))))
    (v128.store (i32.const 432) (i32x4.add (local.get $h) (v128.load (i32.const 432)))))

  ;; Four rows of four words each become four columns, $stride bytes apart.
  (func $transpose (param $to i32) (param $stride i32) (param $p v128) (param $q v128) (param $r v128) (param $s v128)
    (local $x v128) (local $y v128)
    (local.set $x (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $p) (local.get $q)))
    (local.set $y (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $r) (local.get $s)))
    (v128.store (local.get $to)
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $x) (local.get $y)))
    (v128.store (local.tee $to (i32.add (local.get $to) (local.get $stride)))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $x) (local.get $y)))
    (local.set $x (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $p) (local.get $q)))
    (local.set $y (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $r) (local.get $s)))
    (v128.store (local.tee $to (i32.add (local.get $to) (local.get $stride)))
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $x) (local.get $y)))
    (v128.store (i32.add (local.get $to) (local.get $stride))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $x) (local.get $y))))

  ;; Four words, between big-endian bytes and ours.
  (func $load_swapped (param $from i32) (result v128)
    (local $words v128)
    (local.set $words (v128.load (local.get $from)))
    (i8x16.shuffle 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 12 (local.get $words) (local.get $words)))

  (func $swap (param $word i32) (result i32)
    (i32.or
      (i32.and (i32.rotl (local.get $word) (i32.const 8)) (i32.const 0x00ff00ff))
      (i32.and (i32.rotr (local.get $word) (i32.const 8)) (i32.const 0xff00ff00))))

  (func $clear_block (param $at i32)
    (v128.store (local.get $at) (v128.const i32x4 0 0 0 0))
    (v128.store offset=16 (local.get $at) (v128.const i32x4 0 0 0 0))
    (v128.store offset=32 (local.get $at) (v128.const i32x4 0 0 0 0))
    (v128.store offset=48 (local.get $at) (v128.const i32x4 0 0 0 0)))
)
