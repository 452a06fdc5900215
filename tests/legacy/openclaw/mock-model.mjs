import http from "node:http";
http.createServer((req,res)=>{ let b=""; req.on("data",c=>b+=c); req.on("end",()=>{
  let j={}; try{j=JSON.parse(b)}catch{}
  if(j.stream){ res.writeHead(200,{"content-type":"text/event-stream"});
    const w=(d)=>res.write("data: "+JSON.stringify(d)+"\n\n"); const base={id:"c1",object:"chat.completion.chunk",created:1,model:"mock-model"};
    w({...base,choices:[{index:0,delta:{role:"assistant",content:"Hello "},finish_reason:null}]});
    setTimeout(()=>{w({...base,choices:[{index:0,delta:{content:"from mock"},finish_reason:null}]});
    w({...base,choices:[{index:0,delta:{},finish_reason:"stop"}],usage:{prompt_tokens:5,completion_tokens:3,total_tokens:8}}); res.end("data: [DONE]\n\n");},100);
  } else { res.writeHead(200,{"content-type":"application/json"}); res.end(JSON.stringify({id:"c1",object:"chat.completion",created:1,model:"mock-model",choices:[{index:0,message:{role:"assistant",content:"Hello from mock"},finish_reason:"stop"}],usage:{prompt_tokens:5,completion_tokens:3,total_tokens:8}})); }
});}).listen(Number(process.argv[2] ?? 18999),"127.0.0.1",function(){console.log(JSON.stringify({port:this.address().port}));});
