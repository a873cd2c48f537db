export function Line({ message }: { message: string }) {
  return <li dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(message) }} />;
}
