export function Line({ message }: { message: string }) {
  return <li dangerouslySetInnerHTML={{ __html: message }} />;
}
