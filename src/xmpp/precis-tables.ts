/**
 * Made by tools/precis-tables.ts from the data of Unicode 17.0; not to be edited. Each string is the inside of
 * a character class (flag u or v). The first five answer only for code points that may stand in an identifier,
 * the others for those that may stand in free text (IdentifierClass and FreeformClass, RFC 8264 section 4).
 */

/** Bidi_Class R or AL. */
export const RTL =
  '\\u{5D0}-\\u{5F4}\\u{620}-\\u{64A}\\u{66E}-\\u{66F}\\u{671}-\\u{6D5}\\u{6E5}-\\u{6E6}\\u{6EE}-\\u{6EF}' +
  '\\u{6FA}-\\u{710}\\u{712}-\\u{72F}\\u{74D}-\\u{7A5}\\u{7B1}-\\u{7EA}\\u{7F4}-\\u{7FA}\\u{800}-\\u{815}\\u{81A}\\u{824}' +
  '\\u{828}\\u{840}-\\u{858}\\u{860}-\\u{88F}\\u{8A0}-\\u{8C9}\\u{FB1D}\\u{FB1F}-\\u{FDFB}\\u{FE70}-\\u{FEFC}' +
  '\\u{10800}-\\u{10A00}\\u{10A10}-\\u{10A35}\\u{10A60}-\\u{10AE4}\\u{10B00}-\\u{10D23}\\u{10D4A}-\\u{10D65}' +
  '\\u{10D6F}-\\u{10EA9}\\u{10EB0}-\\u{10EC7}\\u{10F00}-\\u{10F45}\\u{10F70}-\\u{10F81}\\u{10FB0}-\\u{10FF6}' +
  '\\u{1E800}-\\u{1E8C4}\\u{1E900}-\\u{1E943}\\u{1E94B}-\\u{1EEBB}'

/** Bidi_Class AN. */
export const AN = '\\u{660}-\\u{669}\\u{10D30}-\\u{10D49}'

/** Bidi_Class EN. */
export const EN =
  '\\u{30}-\\u{39}\\u{6F0}-\\u{6F9}\\u{FF10}-\\u{FF19}\\u{1CCF0}-\\u{1CCF9}\\u{1D7CE}-\\u{1D7FF}\\u{1FBF0}-\\u{1FBF9}'

/** Bidi_Class ES, CS, ET, ON or BN. */
export const NEUTRAL =
  '\\u{21}-\\u{2F}\\u{3A}-\\u{40}\\u{5B}-\\u{60}\\u{7B}-\\u{7E}\\u{B7}\\u{2B9}-\\u{2BA}\\u{2C6}-\\u{2CF}\\u{2EC}' +
  '\\u{374}-\\u{375}\\u{200C}-\\u{200D}\\u{2E2F}\\u{30FB}\\u{A67F}\\u{A717}-\\u{A71F}\\u{A788}'

/** Mn and Me of Bidi_Class L. All others are NSM, and nothing else is. */
export const LTR_MARKS = '\\u{CBF}\\u{CC6}\\u{11A07}-\\u{11A08}\\u{11C3F}'

/** Joining_Type L or D. */
export const JOINS_NEXT =
  '\\u{620}\\u{626}\\u{628}\\u{62A}-\\u{62E}\\u{633}-\\u{63F}\\u{641}-\\u{647}\\u{649}-\\u{64A}\\u{66E}-\\u{66F}' +
  '\\u{678}-\\u{687}\\u{69A}-\\u{6BF}\\u{6C1}-\\u{6C2}\\u{6CC}\\u{6CE}\\u{6D0}-\\u{6D1}\\u{6FA}-\\u{6FC}\\u{6FF}' +
  '\\u{712}-\\u{714}\\u{71A}-\\u{71D}\\u{71F}-\\u{727}\\u{729}\\u{72B}\\u{72D}-\\u{72E}\\u{74E}-\\u{758}\\u{75C}-\\u{76A}' +
  '\\u{76D}-\\u{770}\\u{772}\\u{775}-\\u{777}\\u{77A}-\\u{77F}\\u{7CA}-\\u{7EA}\\u{841}-\\u{845}\\u{848}\\u{84A}-\\u{853}' +
  '\\u{855}\\u{860}\\u{862}-\\u{865}\\u{868}\\u{886}\\u{889}-\\u{88D}\\u{88F}\\u{8A0}-\\u{8A9}\\u{8AF}-\\u{8B0}' +
  '\\u{8B3}-\\u{8B8}\\u{8BA}-\\u{8C8}\\u{1807}\\u{1820}-\\u{1878}\\u{1887}-\\u{18A8}\\u{18AA}\\u{A840}-\\u{A872}' +
  '\\u{10AC0}-\\u{10AC4}\\u{10ACD}\\u{10AD3}-\\u{10ADC}\\u{10ADE}-\\u{10AE0}\\u{10AEB}-\\u{10AEE}\\u{10B80}\\u{10B82}' +
  '\\u{10B86}-\\u{10B88}\\u{10B8A}-\\u{10B8B}\\u{10B8D}\\u{10B90}\\u{10BAD}-\\u{10BAE}\\u{10D00}-\\u{10D21}\\u{10D23}' +
  '\\u{10EC3}-\\u{10EC4}\\u{10EC6}-\\u{10EC7}\\u{10F30}-\\u{10F32}\\u{10F34}-\\u{10F44}\\u{10F51}-\\u{10F53}' +
  '\\u{10F70}-\\u{10F73}\\u{10F76}-\\u{10F81}\\u{10FB0}\\u{10FB2}-\\u{10FB3}\\u{10FB8}\\u{10FBB}-\\u{10FBC}' +
  '\\u{10FBE}-\\u{10FBF}\\u{10FC1}\\u{10FC4}\\u{10FCA}-\\u{10FCB}\\u{1E900}-\\u{1E943}'

/** Joining_Type R or D. */
export const JOINS_PREVIOUS =
  '\\u{620}\\u{622}-\\u{63F}\\u{641}-\\u{64A}\\u{66E}-\\u{66F}\\u{671}-\\u{673}\\u{675}-\\u{6D3}\\u{6D5}\\u{6EE}-\\u{6EF}' +
  '\\u{6FA}-\\u{6FC}\\u{6FF}\\u{710}\\u{712}-\\u{72F}\\u{74D}-\\u{77F}\\u{7CA}-\\u{7EA}\\u{840}-\\u{858}\\u{860}' +
  '\\u{862}-\\u{865}\\u{867}-\\u{882}\\u{886}\\u{889}-\\u{88F}\\u{8A0}-\\u{8AC}\\u{8AE}-\\u{8C8}\\u{1807}' +
  '\\u{1820}-\\u{1878}\\u{1887}-\\u{18A8}\\u{18AA}\\u{A840}-\\u{A871}\\u{10AC0}-\\u{10AC5}\\u{10AC7}\\u{10AC9}-\\u{10ACA}' +
  '\\u{10ACE}-\\u{10AD6}\\u{10AD8}-\\u{10AE1}\\u{10AE4}\\u{10AEB}-\\u{10AEF}\\u{10B80}-\\u{10B91}\\u{10BA9}-\\u{10BAE}' +
  '\\u{10D01}-\\u{10D23}\\u{10EC2}-\\u{10EC4}\\u{10EC6}-\\u{10EC7}\\u{10F30}-\\u{10F44}\\u{10F51}-\\u{10F54}' +
  '\\u{10F70}-\\u{10F81}\\u{10FB0}\\u{10FB2}-\\u{10FB6}\\u{10FB8}-\\u{10FBF}\\u{10FC1}-\\u{10FC4}\\u{10FC9}-\\u{10FCA}' +
  '\\u{1E900}-\\u{1E943}'

/** Joining_Type T, as all Mn and Me are. */
export const TRANSPARENT_LETTERS = '\\u{1E94B}'

/** Canonical_Combining_Class Virama. */
export const VIRAMA =
  '\\u{94D}\\u{9CD}\\u{A4D}\\u{ACD}\\u{B4D}\\u{BCD}\\u{C4D}\\u{CCD}\\u{D3B}-\\u{D3C}\\u{D4D}\\u{DCA}\\u{E3A}\\u{EBA}' +
  '\\u{F84}\\u{1039}-\\u{103A}\\u{1714}-\\u{1715}\\u{1734}\\u{17D2}\\u{1A60}\\u{1B44}\\u{1BAA}-\\u{1BAB}' +
  '\\u{1BF2}-\\u{1BF3}\\u{2D7F}\\u{A806}\\u{A82C}\\u{A8C4}\\u{A953}\\u{A9C0}\\u{AAF6}\\u{ABED}\\u{10A3F}\\u{11046}' +
  '\\u{11070}\\u{1107F}\\u{110B9}\\u{11133}-\\u{11134}\\u{111C0}\\u{11235}\\u{112EA}\\u{1134D}\\u{113CE}-\\u{113D0}' +
  '\\u{11442}\\u{114C2}\\u{115BF}\\u{1163F}\\u{116B6}\\u{1172B}\\u{11839}\\u{1193D}-\\u{1193E}\\u{119E0}\\u{11A34}' +
  '\\u{11A47}\\u{11A99}\\u{11C3F}\\u{11D44}-\\u{11D45}\\u{11D97}\\u{11F41}-\\u{11F42}\\u{1612F}'
