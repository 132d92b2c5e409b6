/** The test vectors of BIP-380 to 386 and 389, with public keys where a vector has them in both forms. */
const KEY = '03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd'
const UNCOMPRESSED =
  '04a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd5b8dec5235a0fa8722476c7709c02559e3aa73aa03918ba2d492eea75abea235'
const X_ONLY = 'a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd'
export const XPUB_A =
  'xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL'
export const XPUB_B =
  'xpub68NZiKmJWnxxS6aaHmn81bvJeTESw724CRDs6HbuccFQN9Ku14VQrADWgqbhhTHBaohPX4CjNLf9fq9MYo6oDaPPLPxSb7gwQN3ih19Zm4Y'
const XPUB_C =
  'xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9LgpeyGmXUbC6wb7ERfvrnKZjXoUmmDznezpbZb7ap6r1D3tgFxHmwMkQTPH'
const XPUB_D =
  'xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB'
const XPUB_E =
  'xpub661MyMwAqRbcGDZQUKLqmWodYLcoBQnQH33yYkkF3jjxeLvY8qr2wWGEWkiKFaaQfJCoi3HeEq3Dc5DptfbCyjD38fNhSqtKc1UHaP4ba3t'
const XPUB_F =
  'xpub69H7F5dQzmVd3vPuLKtcXJziMEQByuDidnX3YdwgtNsecY5HRGtAAQC5mXTt4dsv9RzyjgDjAQs9VGVV6ydYCHnprc9vvaA5YtqWyL6hyds'
const XPRV =
  'xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U'
const WIF = 'L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1'
const WIF_UNCOMPRESSED = '5KYZdUEo39z3FPrtuX2QbbwGnNP5zTd7yyr2SC1j299sBCnWjss'

const SIXTEEN = [
  '03669b8afcec803a0d323e9a17f3ea8e68e8abe5a278020a929adbec52421adbd0',
  '0260b2003c386519fc9eadf2b5cf124dd8eea4c4e68d5e154050a9346ea98ce600',
  '0362a74e399c39ed5593852a30147f2959b56bb827dfa3e60e464b02ccf87dc5e8',
  '0261345b53de74a4d721ef877c255429961b7e43714171ac06168d7e08c542a8b8',
  '02da72e8b46901a65d4374fe6315538d8f368557dda3a1dcf9ea903f3afe7314c8',
  '0318c82dd0b53fd3a932d16e0ba9e278fcc937c582d5781be626ff16e201f72286',
  '0297ccef1ef99f9d73dec9ad37476ddb232f1238aff877af19e72ba04493361009',
  '02e502cfd5c3f972fe9a3e2a18827820638f96b6f347e54d63deb839011fd5765d',
  '03e687710f0e3ebe81c1037074da939d409c0025f17eb86adb9427d28f0f7ae0e9',
  '02c04d3a5274952acdbc76987f3184b346a483d43be40874624b29e3692c1df5af',
  '02ed06e0f418b5b43a7ec01d1d7d27290fa15f75771cb69b642a51471c29c84acd',
  '036d46073cbb9ffee90473f3da429abc8de7f8751199da44485682a989a4bebb24',
  '02f5d1ff7c9029a80a4e36b9a5497027ef7f3e73384a4a94fbfe7c4e9164eec8bc',
  '02e41deffd1b7cce11cde209a781adcffdabd1b91c0ba0375857a2bfd9302419f3',
  '02d76625f7956a7fc505ab02556c23ee72d832f1bac391bcd2d3abce5710a13d06',
  '0399eb0a5487515802dc14544cf10b3666623762fbed2ec38a3975716e2c29c232',
].join(',')

/** Descriptor and the scripts of index 0, 1, 2 (or of the one index that there is). */
export const SCRIPTS: readonly (readonly [descriptor: string, ...scripts: string[]])[] = [
  // BIP-381
  [`pk(${KEY})`, `21${KEY}ac`],
  [`pkh([deadbeef/1/2'/3/4']${KEY})`, '76a9149a1c78a507689f6f54b847ad1cef1e614ee23f1e88ac'],
  [`pkh([deadbeef/1/2h/3/4h]${KEY})`, '76a9149a1c78a507689f6f54b847ad1cef1e614ee23f1e88ac'],
  [`pk(${UNCOMPRESSED})`, `41${UNCOMPRESSED}ac`],
  [`pkh(${UNCOMPRESSED})`, '76a914b5bd079c4d57cc7fc28ecf8213a6b791625b818388ac'],
  [`sh(pk(${KEY}))`, 'a9141857af51a5e516552b3086430fd8ce55f7c1a52487'],
  [`sh(pkh(${KEY}))`, 'a9141a31ad23bf49c247dd531a623c2ef57da3c400c587'],
  [`pkh([bd16bee5/2147483647h]${XPUB_F}/0)`, '76a914ebdc90806a9c4356c1c88e42216611e1cb4c1c1788ac'],
  [`pk(${XPUB_B}/0)`, '210379e45b3cf75f9c5f9befd8e9506fb962f6a9d185ac87001ec44a8d3df8d4a9e3ac'],
  // BIP-382
  [`wpkh(${KEY})`, '00149a1c78a507689f6f54b847ad1cef1e614ee23f1e'],
  [
    `wpkh([ffffffff/13']${XPUB_C}/1/2/*)`,
    '0014326b2249e3a25d5dc60935f044ee835d090ba859',
    '0014af0bd98abc2f2cae66e36896a39ffe2d32984fb7',
    '00141fa798efd1cbf95cebf912c031b8a4a6e9fb9f27',
  ],
  [`wsh(pkh(${KEY}))`, '0020338e023079b91c58571b20e602d7805fb808c22473cbc391a41b1bd3a192e75b'],
  [`wsh(pk(${KEY}))`, '00202e271faa2325c199d25d22e1ead982e45b64eeb4f31e73dbdf41bd4b5fec23fa'],
  [`sh(wsh(pkh(${KEY})))`, 'a914b61b92e2ca21bac1e72a3ab859a742982bea960a87'],
  // BIP-383
  [`multi(1,${KEY},${UNCOMPRESSED})`, `5121${KEY}41${UNCOMPRESSED}52ae`],
  [`sortedmulti(1,${UNCOMPRESSED},${KEY})`, `5121${KEY}41${UNCOMPRESSED}52ae`],
  [`sh(multi(2,[00000000/111'/222]${XPUB_A},${XPUB_B}/0))`, 'a91445a9a622a8b0a1269944be477640eedc447bbd8487'],
  [
    `sortedmulti(2,${XPUB_A}/*,${XPUB_B}/0/0/*)`,
    '5221025d5fc65ebb8d44a5274b53bac21ff8307fec2334a32df05553459f8b1f7fe1b62102fbd47cc8034098f0e6a94c6aeee8528abf0a2153a5d8e46d325b7284c046784652ae',
    '52210264fd4d1f5dea8ded94c61e9641309349b62f27fbffe807291f664e286bfbe6472103f4ece6dfccfa37b211eb3d0af4d0c61dba9ef698622dc17eecdf764beeb005a652ae',
    '5221022ccabda84c30bad578b13c89eb3b9544ce149787e5b538175b1d1ba259cbb83321024d902e1a2fc7a8755ab5b694c575fce742c48d9ff192e63df5193e4c7afe1f9c52ae',
  ],
  [`sh(wsh(multi(16,${SIXTEEN})))`, 'a9147fc63e13dc25e8a95a3cee3d9a714ac3afd96f1e87'],
  // BIP-385
  ['raw(deadbeef)', 'deadbeef'],
  [`raw(5121${KEY}41${UNCOMPRESSED}52ae)`, `5121${KEY}41${UNCOMPRESSED}52ae`],
  ['addr(3PUNyaW7M55oKWJ3kDukwk9bsKvryra15j)', 'a914eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee87'],
  // BIP-386
  [`tr(${X_ONLY})`, '512077aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11'],
  [
    `tr(${XPUB_A}/0/*,pk(${XPUB_A}/1/*))`,
    '512078bc707124daa551b65af74de2ec128b7525e10f374dc67b64e00ce0ab8b3e12',
    '512001f0a02a17808c20134b78faab80ef93ffba82261ccef0a2314f5d62b6438f11',
    '512021024954fcec88237a9386fce80ef2ced5f1e91b422b26c59ccfc174c8d1ad25',
  ],
  [
    `tr(${X_ONLY},pk(669b8afcec803a0d323e9a17f3ea8e68e8abe5a278020a929adbec52421adbd0))`,
    '512017cf18db381d836d8923b1bdb246cfcd818da1a9f0e6e7907f187f0b2f937754',
  ],
]

/** A multipath descriptor and those that it stands for, BIP-389. */
export const MULTIPATH: readonly (readonly [descriptor: string, ...expanded: string[]])[] = [
  [`pk(${XPUB_B}/<0;1>)`, `pk(${XPUB_B}/0)`, `pk(${XPUB_B}/1)`],
  [
    `wpkh([ffffffff/13h]${XPUB_C}/<1;3>/2/*)`,
    `wpkh([ffffffff/13h]${XPUB_C}/1/2/*)`,
    `wpkh([ffffffff/13h]${XPUB_C}/3/2/*)`,
  ],
  [
    `multi(2,${XPUB_A}/<1;2>/*,${XPUB_B}/<3;4>/0/*)`,
    `multi(2,${XPUB_A}/1/*,${XPUB_B}/3/0/*)`,
    `multi(2,${XPUB_A}/2/*,${XPUB_B}/4/0/*)`,
  ],
  [`pkh(${XPUB_D}/<0;1;2>)`, `pkh(${XPUB_D}/0)`, `pkh(${XPUB_D}/1)`, `pkh(${XPUB_D}/2)`],
  [
    `sh(multi(2,${XPUB_A}/<1;2;3>/0/*,${XPUB_B}/0/*,${XPUB_E}/0/0/<3;4;5>/*))`,
    `sh(multi(2,${XPUB_A}/1/0/*,${XPUB_B}/0/*,${XPUB_E}/0/0/3/*))`,
    `sh(multi(2,${XPUB_A}/2/0/*,${XPUB_B}/0/*,${XPUB_E}/0/0/4/*))`,
    `sh(multi(2,${XPUB_A}/3/0/*,${XPUB_B}/0/*,${XPUB_E}/0/0/5/*))`,
  ],
]

/** What no descriptor is. */
export const INVALID: readonly (readonly [why: string, descriptor: string])[] = [
  ['nothing', ''],
  ['no function', KEY],
  ['a checksum that is missing after its #', 'raw(deadbeef)#'],
  ['a checksum of nine characters', 'raw(deadbeef)#89f8spxmx'],
  ['a checksum of seven characters', 'raw(deadbeef)#89f8spx'],
  ['an error in the payload', 'raw(deedbeef)#89f8spxm'],
  ['two #', 'raw(deedbeef)##9f8spxm'],
  ['a character of no descriptor', 'raw(Ü)#00000000'],
  ['children in the key origin', `pkh([deadbeef/0h/0h/0h/*]${KEY})`],
  ['a slash at the end of the key origin', `pkh([deadbeef/0h/0h/0h/]${KEY})`],
  ['a fingerprint that is too short', `pkh([deadbef/0h/0h/0h]${KEY})`],
  ['a fingerprint that is too long', `pkh([deadbeeef/0h/0h/0h]${KEY})`],
  ['two key origins', `pkh([deadbeef/0h][deadbeef/0h]${KEY})`],
  ['a step that is too large', `pkh(${XPUB_A}/2147483648)`],
  ['a step that is no number', `pkh(${XPUB_A}/1aa)`],
  ['a hardened step below a public key', `pkh(${XPUB_A}/3h/*)`],
  ['hardened children of a public key', `pkh(${XPUB_A}/*h)`],
  ['children of children', `pkh(${XPUB_A}/*/0)`],
  ['children of a plain key', `pkh(${KEY}/*)`],
  ['receive and change in shorthand, BIP-388', `pkh(${XPUB_A}/**)`],
  ['a script in pk()', `pk(pk(${KEY}))`],
  ['a script in pkh()', `pkh(pk(${KEY}))`],
  ['a key in sh()', `sh(${KEY})`],
  ['sh() in sh()', `sh(sh(pkh(${KEY})))`],
  ['an uncompressed key in wpkh()', `wpkh(${UNCOMPRESSED})`],
  ['an uncompressed key in sh(wpkh())', `sh(wpkh(${UNCOMPRESSED}))`],
  ['an uncompressed key in wsh()', `wsh(pk(${UNCOMPRESSED}))`],
  ['an uncompressed key in wsh(multi())', `wsh(multi(1,${UNCOMPRESSED}))`],
  ['an uncompressed key in tr()', `tr(${UNCOMPRESSED})`],
  ['wpkh() in wsh()', `wsh(wpkh(${KEY}))`],
  ['wsh() in wsh()', `wsh(wsh(pkh(${KEY})))`],
  ['wsh() in wsh() in sh()', `sh(wsh(wsh(pkh(${KEY}))))`],
  ['a script in wpkh()', `wpkh(wsh(pkh(${KEY})))`],
  ['a key in wsh()', `wsh(${KEY})`],
  ['combo() in sh()', `sh(combo(${KEY}))`],
  ['more than 15 keys in a P2SH multisig', `sh(multi(16,${SIXTEEN}))`],
  ['more than 20 keys in a multisig', `wsh(multi(1,${SIXTEEN},${SIXTEEN}))`],
  ['more than 3 keys in a bare multisig', `multi(1,${SIXTEEN.split(',').slice(0, 4).join(',')})`],
  ['a threshold that is no number', `multi(a,${KEY},${UNCOMPRESSED})`],
  ['a threshold of 0', `multi(0,${KEY},${UNCOMPRESSED})`],
  ['a threshold larger than the keys', `multi(3,${KEY},${UNCOMPRESSED})`],
  ['a multisig without keys', 'wsh(multi(1))'],
  ['a point that is none of the curve', `wpkh(02${'00'.repeat(31)}05)`],
  ['a point that is none of the curve, in a multisig', `wsh(multi(1,02${'00'.repeat(31)}05))`],
  ['a script that is not hex', 'raw(asdf)'],
  ['an address that is none', 'addr(asdf)'],
  ['raw() in sh()', 'sh(raw(deadbeef))'],
  ['raw() in wsh()', 'wsh(raw(deadbeef))'],
  ['addr() in sh()', 'sh(addr(3PUNyaW7M55oKWJ3kDukwk9bsKvryra15j))'],
  ['tr() in wsh()', `wsh(tr(${X_ONLY}))`],
  ['tr() in sh()', `sh(tr(${X_ONLY}))`],
  ['a miniscript that anybody could spend', 'wsh(older(10))'],
  ['a multipath in the key origin', `pkh([deadbeef/<0;1>]${XPUB_D}/0)`],
  ['two multipaths in a key', `pkh(${XPUB_D}/<0;1>/<2;3>)`],
  ['multipaths of different lengths', `tr(${XPUB_A}/<6;7;8;9>/*,{pk(${XPUB_B}/<1;2;3>/0/*),pk(${XPUB_E}/0/0/<3;4;5>/*)})`],
  ['an empty multipath', `wpkh(${XPUB_D}/<>/*)`],
  ['a multipath without its start', `wpkh(${XPUB_D}/0>/*)`],
  ['a multipath without its end', `wpkh(${XPUB_D}/<0/*)`],
  ['a multipath that lacks an index', `wpkh(${XPUB_D}/<0;>/*)`],
  ['a multipath of one', `wpkh(${XPUB_D}/<0>/*)`],
  ['a multipath with an index twice', `wpkh(${XPUB_D}/<0;0>/*)`],
  ['a text behind it', `wpkh(${KEY})x`],
  ['a bracket too few', `wpkh(${KEY}`],
  ['a key without its last character', `wpkh(${XPUB_D.slice(0, -1)}/*)`],
]

export const PRIVATE: readonly string[] = [
  XPRV,
  WIF,
  `pk(${WIF})`,
  `pk(${WIF_UNCOMPRESSED})`,
  `pkh([deadbeef/1/2'/3/4']${WIF})`,
  `multi(1,${WIF},${WIF_UNCOMPRESSED})`,
  `pkh(${XPRV}/2147483647'/0)`,
  `pkh(${XPRV}/<0;1>/<2;3>)`,
  `tr(${X_ONLY},{pk(${XPUB_A}),pk(${XPRV}/*)})`,
  `wpkh(${XPRV.replace('xprv', 'zprv')})`,
  `wpkh(${XPRV.replace('xprv', 'tprv')}/0/*)#00000000`,
  // Mistyped, so that no checksum fits.
  `wpkh(${XPRV.slice(0, -3)})`,
  `wpkh(${WIF.slice(0, -1)}1)`,
  'sh(wpkh(cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW))',
  '6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg',
]

export const PUBLIC_KEY = KEY
