// A photo from a phone made small enough for its line. What the camera wrote beside the picture (where, when) is left out.

const MOST_PIXELS = 2e6;
const QUALITY = 0.85;

/** `{file, canvas}`: a JPEG of at most two megapixels and the picture to show; the file itself where it cannot be drawn. */
export async function smallPhoto(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return { file, canvas: null }; // a format that this browser does not know: the gateway may
  }
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(bitmap.width * scale));
  canvas.height = Math.max(1, Math.floor(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob) return { file, canvas };
  const name = `${file.name.replace(/\.[^.]*$/, "") || "photo"}.jpg`;
  return { file: new File([blob], name, { type: "image/jpeg" }), canvas };
}
